import { describe } from 'vitest';

import { canTestPostgres } from '../../support/postgres.js';
import { streamLogContract } from '../contract/stream-log-contract.js';
import { sqlBackend } from './sql-backend.js';
import { postgresUnderTest } from './sql-under-test.js';

describe.skipIf(!(await canTestPostgres()))('with a server', () => {
  streamLogContract('PostgreSQL', async () => sqlBackend(await postgresUnderTest()));
});
