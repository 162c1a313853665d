import { describe } from 'vitest';

import { canTestNats } from '../../support/nats.js';
import { streamLogContract } from '../contract/stream-log-contract.js';
import { natsBackend } from './nats-backend.js';

describe.skipIf(!(await canTestNats()))('with a server', () => {
  streamLogContract('NATS', natsBackend);
});
