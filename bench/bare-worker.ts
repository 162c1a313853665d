import { fileURLToPath } from 'node:url';

import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

let hasRuntime = false;

/** A worker as the SDK makes it, on a task queue of its own, for what a user would write without us. */
export async function startBareWorker(address: string, activities: object = {}): Promise<{ stop(): Promise<void> }> {
  if (!hasRuntime) Runtime.install({ logger: new DefaultLogger('ERROR') });
  hasRuntime = true;
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    activities,
    taskQueue: 'bench-bare',
    workflowsPath: fileURLToPath(new URL('bare-workflow.ts', import.meta.url)),
    workflowTaskPollerBehavior: { type: 'autoscaling' },
  });
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}
