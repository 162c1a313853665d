import type { FastifyBaseLogger, FastifyInstance } from 'fastify';

import type { ApiParts } from '../api/api-parts.js';
import { CircuitBreakerError } from '../core/errors.js';
import { portTaken } from '../temporal/ports.js';
import type { ProcessParts } from './run-process.js';

/** Nobody but this machine is to ask. */
const HOST = '127.0.0.1';

/**
 * Has a worker, which has no door otherwise, answer `/health/live` and `/health/ready` on WORKER_HEALTH_PORT of this machine,
 * as an API does on its port. It is asked once the worker polls: until then nobody answers there. Without the variable
 * nothing is opened, nor loaded. Throws UNAVAILABLE when the port is taken.
 */
export async function serveWorkerHealth(
  { config, logger, resources }: ProcessParts,
  asked: Pick<ApiParts, 'storage' | 'temporal'>,
): Promise<void> {
  const { workerHealthPort: port } = config;
  if (port === undefined) return;
  const [{ fastify, LogController }, { registerHealth }] = await Promise.all([
    import('fastify'),
    import('../api/health.js'),
  ]);
  const said: FastifyBaseLogger = logger;
  const app: FastifyInstance = fastify({
    loggerInstance: said,
    forceCloseConnections: true,
    logController: new LogController({ disableRequestLogging: true }),
  });
  registerHealth(app, asked);
  try {
    await app.listen({ host: HOST, port });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new CircuitBreakerError('UNAVAILABLE', portTaken(port, 'WORKER_HEALTH_PORT'));
  }
  resources.add('the health of the worker', () => app.close());
}
