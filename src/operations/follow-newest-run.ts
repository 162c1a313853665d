import type { RunRecord } from '../core/tokens/token-record.js';
import type { Token } from '../core/tokens/token.js';
import type { Storage } from '../storage/storage.js';
import type { TokenRecorded } from '../storage/token-store.js';
import type { TemporalGateway } from '../temporal/temporal-gateway.js';
import { endExecutions, type EndingParts } from './end-executions.js';

export interface FollowingParts extends EndingParts {
  readonly storage: Pick<Storage, 'executions' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'cancelExecution' | 'isNewestRun'>;
}

const LEFT_BEHIND = {
  reason: 'its token goes on without it: it was reset, or begins anew',
  end: {
    status: 'CANCELLED',
    errorCode: 'cancelled',
    errorMessage: 'Its token goes on without it: it was reset, or begins anew.',
  },
} as const;

/**
 * Stores what the newest run of a token records where another run has recorded the token before: it went on as a new run, was
 * reset, or begins anew. What the other run had started, and this one does not know of, is cancelled. Undefined, and nothing
 * is stored, where the run is not the newest; else as `record` of the store.
 */
export async function followNewestRun(parts: FollowingParts, record: RunRecord): Promise<TokenRecorded | undefined> {
  const { storage, temporal } = parts;
  const { token, runId } = record;
  for (;;) {
    const deletedRunId = await storage.tokens.deletedRunOf(token.id);
    // A record that comes late, of a token that was deleted: it must not come back.
    if (deletedRunId === runId) return undefined;
    const followed = (await storage.tokens.originOf(token.id))?.runId ?? deletedRunId;
    if (!(await temporal.isNewestRun(token.id, runId))) return undefined;
    // Before the record: whoever repeats it after a crash would not come here again.
    await endExecutions(parts, token.id, { ...LEFT_BEHIND, except: new Set(underWay(record)) });
    const recorded = await storage.tokens.record(record, followed);
    // Otherwise another run has recorded it at this moment: one of the two is not the newest any more.
    if (recorded !== undefined) return recorded;
  }
}

function underWay({ token, executions }: RunRecord): readonly string[] {
  return [...awaited(token), ...executions.map(({ id }) => id)];
}

/** The executions whose end changes the token. */
function awaited({ pending, placeAgentRuns }: Token): readonly string[] {
  const ids = [pending?.executionId, ...Object.values(placeAgentRuns).map(({ executionId }) => executionId)];
  return ids.filter((id) => id !== undefined);
}
