import { fileURLToPath } from 'node:url';

import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { joinWorkers } from '../../src/compose/join-workers.js';
import { Resources } from '../../src/compose/resources.js';
import type { JoiningWorker } from '../../src/storage/worker-presence.js';
import { eventually } from '../support/eventually.js';
import type { oneCall } from '../support/one-call-workflow.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const QUEUE = 'calls';

describe('a worker that is gone', () => {
  let temporal: TestTemporalServer;
  let client: Client;
  let connection: NativeConnection;
  let running: Promise<void>;
  let worker: Worker;
  let joining: JoiningWorker | undefined;
  const calls = new Set<string>();
  const logged: string[] = [];
  const logger = pino({}, { write: (line: string) => logged.push(line) });
  /** Which attempts are at their call, and what lets them end. */
  const attempts: (() => void)[] = [];

  const call = async () => {
    const { attempt } = Context.current().info;
    await new Promise<void>((resolve) => attempts.push(resolve));
    return attempt;
  };

  beforeAll(async () => {
    temporal = await startTemporalServer();
    client = new Client({ connection: await Connection.connect({ address: temporal.address }) });
    connection = await NativeConnection.connect({ address: temporal.address });
    const resources = new Resources(logger);
    const presence = {
      join: (given: JoiningWorker) => {
        joining = given;
        return {
          began: (name: string) => {
            calls.add(name);
            return () => calls.delete(name);
          },
          leave: () => Promise.resolve(),
        };
      },
    };
    const { interceptor } = joinWorkers({ logger, resources }, presence, client.activity);
    worker = await Worker.create({
      connection,
      taskQueue: QUEUE,
      workflowsPath: fileURLToPath(new URL('../support/one-call-workflow.ts', import.meta.url)),
      activities: { call },
      interceptors: { activity: [interceptor(() => true)] },
    });
    running = worker.run();
  });
  afterAll(async () => {
    worker.shutdown();
    await running;
    await connection.close();
    await client.connection.close();
    await temporal.stop();
  });

  it('has its attempts made again at once, not when its heartbeat is missed, and no later one of them ended', async () => {
    const handle = await client.workflow.start<typeof oneCall>('oneCall', { taskQueue: QUEUE, workflowId: 'one' });
    await eventually(() => {
      expect(attempts).toHaveLength(1);
    });
    const gone = [...calls];
    expect(gone).toHaveLength(1);
    joining?.onGone({ name: '12@elsewhere', calls: gone });
    await eventually(() => {
      expect(attempts).toHaveLength(2);
    });
    const { raw } = await handle.describe();
    const again = raw.pendingActivities?.[0];
    expect(again?.attempt).toBe(2);
    expect(again?.lastFailure?.applicationFailureInfo?.type).toBe('worker_lost');
    expect(again?.lastFailure?.message).toContain('12@elsewhere');
    expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([{ worker: '12@elsewhere', calls: 1 }]);
    // Another one that noticed, late: the attempt that it names is over.
    joining?.onGone({ name: '12@elsewhere', calls: gone });
    attempts[0]?.();
    attempts[1]?.();
    expect(await handle.result()).toBe(2);
    expect([...calls]).toEqual([]);
  });
});
