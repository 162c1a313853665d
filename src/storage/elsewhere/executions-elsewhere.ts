import { isEnded } from '../../core/executions/execution.js';
import type { AgentsHome } from '../agents-home.js';
import { deletedExecution } from '../deleted-execution.js';
import type { TellingExecutionStore } from '../agent-storage.js';
import type { DeletedExecutions, ExecutionDeletion, ExecutionStore } from '../execution-store.js';

type HomeOfExecutions = Omit<
  AgentsHome,
  'saveBatch' | 'outcomeOf' | 'giveUp' | 'forgetBatch' | 'listUndecided' | 'tellOnce'
>;

/** Executions of another server, whose end is told to the calls of tools at home. */
export function executionsElsewhere(executions: TellingExecutionStore, home: HomeOfExecutions): ExecutionStore {
  return {
    create: async (execution, by) => {
      if (!(await home.isDeleted(execution.id))) return await executions.create(execution, by);
      const existing = await executions.get(execution.id);
      if (existing === undefined) throw deletedExecution(execution.id);
      return existing;
    },
    update: async (id, change) => {
      const updated = await executions.update(id, change);
      const hasJustEnded = change.status !== undefined && isEnded(updated.status);
      // Only makes the list of what waits quicker to read, which looks at the executions.
      if (hasJustEnded) await home.stopWaiting(id).catch(() => undefined);
      return updated;
    },
    end: async (id, change) => {
      const ended = await executions.end(id, change);
      await home.stopWaiting(id).catch(() => undefined);
      return ended;
    },
    get: (id) => executions.get(id),
    getMany: (ids) => executions.getMany(ids),
    list: (filter, page) => executions.list(filter, page),
    listOutlines: (filter, page) => executions.listOutlines(filter, page),
    claimTurn: (id, turn, claim) => executions.claimTurn(id, turn, claim),
    storeTurn: (id, turn, finished) => executions.storeTurn(id, turn, finished),
    getTurn: (id, turn) => executions.getTurn(id, turn),
    listUnclosed: (limit, except) => executions.listUnclosed(limit, except),
    listExpiredStreams: (endedBefore, limit, except) => executions.listExpiredStreams(endedBefore, limit, except),
    markStreamsRemoved: (ids) => executions.markStreamsRemoved(ids),
    listEndedAlone: (endedBefore, page) => executions.listEndedAlone(endedBefore, page),
    delete: (ids, how) => deleteInTwo(executions, home, { ids, how }),
    listDeleted: (deletedBefore, limit) => home.listDeleted(deletedBefore, limit),
    forgetDeleted: (ids) => home.forgetDeleted(ids),
  };
}

interface Deleting {
  readonly ids: readonly string[];
  readonly how: ExecutionDeletion;
}

/** The executions last: as long as one is there, it is found, and deleted again by whoever repeats it. */
async function deleteInTwo(
  executions: TellingExecutionStore,
  home: HomeOfExecutions,
  { ids, how }: Deleting,
): Promise<DeletedExecutions> {
  const found = await executions.getMany(ids);
  const isAlive = (_: string, index: number) => !isEnded(found[index]?.status ?? 'COMPLETED');
  const dead = ids.filter((id, index) => !isAlive(id, index));
  await home.noteDeleted(dead, how.now);
  await home.removeCalls(dead);
  const { deleted } = await executions.delete(dead, how);
  return { deleted, alive: ids.filter(isAlive) };
}
