import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { WORKER_OPTIONS } from '../../src/compose/worker-options.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';
import { quietRuntime } from '../support/worker-under-test.js';

let temporal: TestTemporalServer;
let connection: NativeConnection;

beforeAll(async () => {
  quietRuntime();
  temporal = await startTemporalServer();
  connection = await NativeConnection.connect({ address: temporal.address });
});
afterAll(async () => {
  await connection.close();
  await temporal.stop();
});

it('give a workflow the time that a busy machine takes, before it is cut off and takes its worker along', async () => {
  const worker = await Worker.create({ connection, taskQueue: 'any', activities: { any: () => 1 }, ...WORKER_OPTIONS });
  expect(worker.options.isolateExecutionTimeoutMs).toBe(60_000);
  const running = worker.run();
  worker.shutdown();
  await running;
});
