import { describe } from 'vitest';

import { canTestRedis } from '../../support/redis.js';
import { streamLogContract } from '../contract/stream-log-contract.js';
import { redisBackend } from './redis-backend.js';

describe.skipIf(!(await canTestRedis()))('with a server', () => {
  streamLogContract('Redis', redisBackend);
});
