import { streamLogContract } from '../contract/stream-log-contract.js';
import { sqlBackend } from './sql-backend.js';
import { pgliteUnderTest } from './sql-under-test.js';

streamLogContract('PGlite', async () => sqlBackend(await pgliteUnderTest()));
