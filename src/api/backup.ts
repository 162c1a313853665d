import type { FastifyInstance } from 'fastify';

import { ACTIONS } from '../core/audit/audit-entry.js';
import { CircuitBreakerError } from '../core/errors.js';
import { callerOf } from './access/admit-requests.js';
import { callOrigin } from './access/call-origin.js';
import type { ApiParts } from './api-parts.js';

/** All that an API process stores, as a tar archive, where it stores it by itself. For those who may see all of it; the audit is told. */
export function registerBackup(
  app: FastifyInstance,
  { backup, audit, proxies, now }: Pick<ApiParts, 'backup' | 'audit' | 'proxies' | 'now'>,
): void {
  app.get('/backup', async (request, reply) => {
    if (backup === undefined) {
      const message =
        'What this server stores lies on servers of its own (STORAGE_URL, AGENT_STORAGE_URL, STREAM_URL, TEMPORAL_ADDRESS): back those up. See docs/guides/backups.md.';
      throw new CircuitBreakerError('UNAVAILABLE', message);
    }
    const archive = await backup.read();
    const { name: actor, role } = callerOf(request);
    const from = callOrigin({ proxies }, request.raw, request.id);
    await audit.tell({ time: now(), actor, role, action: ACTIONS.backup, outcome: 'ok', ...from });
    return await reply.header('cache-control', 'no-store').type('application/x-tar').send(archive);
  });
}
