import { once } from 'node:events';
import { createServer } from 'node:net';

import { Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';

import type { Telemetry } from './telemetry.js';
import { temporalRuntime } from './temporal-logger.js';

/** Another program may take a port between the question and the answer. */
const TRIES = 5;

/**
 * Temporal's runtime, whose log is ours, before anything else of its worker. Where somebody is told what is measured, what its native part
 * measures is told as well: that part can serve it only, which it does at a port of this machine.
 */
export async function installRuntime(logger: Logger, { join }: Telemetry): Promise<void> {
  if (join === undefined) {
    Runtime.install(temporalRuntime(logger));
    return;
  }
  const { TemporalMetrics } = await import('./temporal-metrics.js');
  for (let tries = 1; ; tries += 1) {
    const address = `127.0.0.1:${await freePort()}`;
    try {
      Runtime.install(temporalRuntime(logger, address));
      join(new TemporalMetrics(address));
      return;
    } catch (error) {
      if (tries >= TRIES) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
