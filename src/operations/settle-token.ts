import type { Token } from '../core/tokens/token.js';
import type { Storage } from '../storage/storage.js';
import type { TemporalGateway, WorkflowClose } from '../temporal/temporal-gateway.js';
import { endExecutions, type EndingParts } from './end-executions.js';

export interface SettlingParts extends EndingParts {
  readonly storage: Pick<Storage, 'executions' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'closeOf' | 'cancelExecution'>;
}

const TERMINATED = {
  reason: 'its token was terminated',
  end: {
    status: 'TERMINATED',
    errorCode: 'terminated',
    errorMessage: 'Its token was terminated, and Temporal does not run it.',
  },
} as const;

/**
 * The token as it stands. An active one whose Temporal workflow was cut off, or is not known to Temporal any more (somebody
 * deleted it, or the server lost it), is made TERMINATED, and what it had running is ended.
 */
export async function settledToken(parts: SettlingParts, id: string): Promise<Token | undefined> {
  const { storage, temporal, now } = parts;
  const token = await storage.tokens.get(id);
  if (token?.status !== 'ACTIVE') return token;
  if (reasonOf(await temporal.closeOf('token', id)) === undefined) return token;
  const origin = await storage.tokens.originOf(id);
  // Once more: meanwhile it may have been reset, and be another run's.
  const reason = reasonOf(await temporal.closeOf('token', id));
  if (origin === undefined || reason === undefined) return token;
  const { runId } = origin;
  if (await storage.tokens.terminate(id, { now: now(), reason, runId })) await endExecutions(parts, id, TERMINATED);
  return await storage.tokens.get(id);
}

/** Undefined: it lives, or it has ended by itself and its last record is on its way. */
function reasonOf(close: WorkflowClose | undefined): string | undefined {
  if (close === undefined) return 'unknown to Temporal';
  return close === 'RUNNING' || close === 'COMPLETED' ? undefined : close.toLowerCase();
}
