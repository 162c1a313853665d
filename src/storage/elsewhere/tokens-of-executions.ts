import type { RunRecord } from '../../core/tokens/token-record.js';
import type { TellingExecutionStore } from '../agent-storage.js';
import type { TokenRecorded, TokenStore } from '../token-store.js';

/** Tokens whose executions are kept in another server. */
export function tokensWithExecutionsElsewhere(tokens: TokenStore, executions: TellingExecutionStore): TokenStore {
  return {
    record: (record, followed) => recordInTwo(tokens, executions, { record, followed }),
    appendEvent: (id, event) => tokens.appendEvent(id, event),
    terminate: (id, how) => tokens.terminate(id, how),
    get: (id) => tokens.get(id),
    getMany: (ids) => tokens.getMany(ids),
    originOf: (id) => tokens.originOf(id),
    list: (filter, page) => tokens.list(filter, page),
    listEvents: (id, range) => tokens.listEvents(id, range),
    countActive: () => tokens.countActive(),
    newestEvent: (id) => tokens.newestEvent(id),
    readFeed: (after, first) => tokens.readFeed(after, first),
    watchFeed: (onWake) => tokens.watchFeed(onWake),
    listEnded: (endedBefore, page) => tokens.listEnded(endedBefore, page),
    delete: (id, how) => tokens.delete(id, how),
    deletedRunOf: (id) => tokens.deletedRunOf(id),
    forgetDeleted: (deletedBefore, limit) => tokens.forgetDeleted(deletedBefore, limit),
  };
}

interface Recording {
  readonly record: RunRecord;
  readonly followed: string | undefined;
}

/**
 * The executions first, since nobody may learn the id of one that is not there; then the token. Who dies in between has not answered:
 * the workflow has it recorded again, and an execution that is there already stays. One of a record that never comes is ended by the
 * sweep, as one whose workflow task was lost.
 */
async function recordInTwo(
  tokens: TokenStore,
  executions: TellingExecutionStore,
  { record, followed }: Recording,
): Promise<TokenRecorded | undefined> {
  const { token, runId } = record;
  if (record.executions.length === 0) return await tokens.record(record, followed);
  const lastRunId = (await tokens.originOf(token.id))?.runId ?? (await tokens.deletedRunOf(token.id));
  // It would be refused. Where another run comes first after this, its executions are left as those of a lost task are.
  if (lastRunId !== undefined && lastRunId !== runId && lastRunId !== followed) return undefined;
  if ((await tokens.deletedRunOf(token.id)) === runId) return undefined;
  const stored = await Promise.all(record.executions.map((execution) => executions.createUntold(execution)));
  const recorded = await tokens.record({ ...record, executions: [] }, followed);
  const own = stored.filter(({ tokenId }) => tokenId === token.id);
  await Promise.all(own.map(({ id }) => executions.tell(id)));
  if (recorded === undefined) return undefined;
  const taken = stored.filter(({ tokenId }) => tokenId !== token.id).map(({ id }) => id);
  return { ...recorded, taken };
}
