import { setTimeout as delay } from 'node:timers/promises';

import { CircuitBreakerError } from '../core/errors.js';
import type { Storage } from '../storage/storage.js';
import type { ToldOfEnds } from './execution-ended.js';
import { ANSWERED_WITHIN_MS, type TemporalGateway } from '../temporal/temporal-gateway.js';
import { endExecutions, livingExecutionOf } from './end-executions.js';
import { removeExecutionsOf, type RemovalParts } from './remove-executions.js';
import { settledToken } from './settle-token.js';

export interface DeletionParts extends RemovalParts, ToldOfEnds {
  readonly storage: Pick<Storage, 'executions' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'cancelExecution' | 'closeOf' | 'forget'>;
}

const DELETED = {
  reason: 'its token is deleted',
  end: { status: 'CANCELLED', errorCode: 'cancelled', errorMessage: 'Its token was deleted.' },
} as const;
const LOOK_AGAIN_MS = 100;

/**
 * Removes a token that has ended and all that belongs to it: events, executions, conversations, streams, and what Temporal keeps of them. False
 * where there is none. The token goes last, so that whoever is cut off can ask again. Throws TOKEN_ACTIVE for one that has not ended.
 */
export async function deleteToken(parts: DeletionParts, id: string): Promise<boolean> {
  const { storage, temporal, now } = parts;
  const token = await settledToken(parts, id);
  if (token === undefined) return false;
  if (token.status === 'ACTIVE') throw active(id);
  await endExecutions(parts, id, DELETED);
  await untilAllHasEnded(parts, id);
  const origin = await storage.tokens.originOf(id);
  const before = (executionId: string) => temporal.forget('execution', executionId);
  await removeExecutionsOf(parts, id, { conversations: 'delete', before });
  await temporal.forget('token', id);
  if (await storage.tokens.delete(id, { runId: origin?.runId ?? '', now: now() })) return true;
  // Somebody else has deleted it at this moment; or it was reset, and lives again.
  if ((await storage.tokens.get(id)) === undefined) return true;
  throw active(id);
}

/** What has ended may take a moment to say so. */
async function untilAllHasEnded({ storage, temporal }: DeletionParts, id: string): Promise<void> {
  const deadline = performance.now() + ANSWERED_WITHIN_MS;
  for (;;) {
    const executionId = await livingExecutionOf(storage, id);
    if (executionId === undefined && (await temporal.closeOf('token', id)) !== 'RUNNING') return;
    if (performance.now() > deadline) throw unended(id, executionId);
    await delay(LOOK_AGAIN_MS);
  }
}

function active(id: string): CircuitBreakerError {
  return new CircuitBreakerError('TOKEN_ACTIVE', `Token "${id}" has not ended: cancel it first (cancelToken).`);
}

function unended(id: string, executionId: string | undefined): CircuitBreakerError {
  const what = executionId === undefined ? 'its Temporal workflow' : `its execution "${executionId}"`;
  const message = `Token "${id}" has ended, and ${what} has not yet. Try again in a moment; a worker has to be there.`;
  return new CircuitBreakerError('UNAVAILABLE', message);
}
