import { isEnded, type AgentExecution } from '../core/executions/execution.js';
import type { Token } from '../core/tokens/token.js';
import type { Storage } from '../storage/storage.js';
import type { TemporalGateway, WorkflowClose } from '../temporal/temporal-gateway.js';

export interface SettlingParts {
  readonly storage: Pick<Storage, 'executions' | 'tokens'>;
  readonly temporal: Pick<TemporalGateway, 'closeOf' | 'cancelExecution'>;
  readonly now: () => string;
}

const EXECUTIONS_PER_PAGE = 200;

/**
 * The token as it stands. An active one whose Temporal workflow was cut off, or is not known to Temporal any more (somebody
 * deleted it, or the server lost it), is made TERMINATED, and what it had running is ended.
 */
export async function settledToken(parts: SettlingParts, id: string): Promise<Token | undefined> {
  const { storage, temporal, now } = parts;
  const token = await storage.tokens.get(id);
  if (token?.status !== 'ACTIVE') return token;
  const reason = reasonOf(await temporal.closeOf('token', id));
  if (reason === undefined) return token;
  if (await storage.tokens.terminate(id, { now: now(), reason })) await endExecutions(parts, id);
  return await storage.tokens.get(id);
}

/** Undefined: it lives, or it has ended by itself and its last record is on its way. */
function reasonOf(close: WorkflowClose | undefined): string | undefined {
  if (close === undefined) return 'unknown to Temporal';
  return close === 'RUNNING' || close === 'COMPLETED' ? undefined : close.toLowerCase();
}

async function endExecutions(parts: SettlingParts, tokenId: string): Promise<void> {
  let after: string | undefined;
  do {
    const page = await parts.storage.executions.list(
      { tokenId },
      { first: EXECUTIONS_PER_PAGE, ...(after === undefined ? {} : { after }) },
    );
    for (const { item } of page.items) await endExecution(parts, item);
    after = page.hasNextPage ? page.items.at(-1)?.cursor : undefined;
  } while (after !== undefined);
}

/** One that does not run will not: the token that would have started it is gone. */
async function endExecution({ storage, temporal, now }: SettlingParts, execution: AgentExecution): Promise<void> {
  const { id, status } = execution;
  if (isEnded(status) || (await temporal.cancelExecution(id, 'its token was terminated'))) return;
  const errorMessage = 'Its token was terminated, and Temporal does not run it.';
  await storage.executions.update(id, {
    status: 'TERMINATED',
    errorCode: 'terminated',
    errorMessage,
    completedAt: now(),
  });
}
