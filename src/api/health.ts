import type { FastifyInstance } from 'fastify';

import type { ApiParts } from './api-parts.js';

/** `live`: the process answers. `ready`: storage and Temporal do, too; else 503 with what is away. */
export function registerHealth(
  app: FastifyInstance,
  { storage, temporal }: Pick<ApiParts, 'storage' | 'temporal'>,
): void {
  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    const [storageState, temporalState] = await Promise.all([
      stateOf(() => storage.ping()),
      stateOf(() => temporal.ping()),
    ]);
    const isReady = storageState === 'ready' && temporalState === 'ready';
    return await reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? 'ready' : 'unavailable', storage: storageState, temporal: temporalState });
  });
}

async function stateOf(ping: () => Promise<void>): Promise<'ready' | 'unavailable'> {
  try {
    await ping();
    return 'ready';
  } catch {
    return 'unavailable';
  }
}
