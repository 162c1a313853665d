import { isEnded } from '../../core/executions/execution.js';
import type { AgentsHome } from '../agents-home.js';
import type { ExecutionStore } from '../execution-store.js';

/** Executions of another server, whose end is told to the calls of tools at home. */
export function executionsElsewhere(executions: ExecutionStore, home: Pick<AgentsHome, 'stopWaiting'>): ExecutionStore {
  return {
    create: (execution, by) => executions.create(execution, by),
    update: async (id, change) => {
      const updated = await executions.update(id, change);
      const hasJustEnded = change.status !== undefined && isEnded(updated.status);
      // Only makes the list of what waits quicker to read, which looks at the executions.
      if (hasJustEnded) await home.stopWaiting(id).catch(() => undefined);
      return updated;
    },
    get: (id) => executions.get(id),
    getMany: (ids) => executions.getMany(ids),
    list: (filter, page) => executions.list(filter, page),
    storeTurn: (id, turn, result) => executions.storeTurn(id, turn, result),
    getTurn: (id, turn) => executions.getTurn(id, turn),
    listUnclosed: (limit, except) => executions.listUnclosed(limit, except),
    listExpiredStreams: (endedBefore, limit, except) => executions.listExpiredStreams(endedBefore, limit, except),
    markStreamsRemoved: (ids) => executions.markStreamsRemoved(ids),
  };
}
