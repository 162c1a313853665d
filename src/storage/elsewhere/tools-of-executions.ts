import { isEnded } from '../../core/executions/execution.js';
import type { ToolApproval } from '../../core/executions/tool-approval.js';
import type { AgentsHome } from '../agents-home.js';
import type { ExecutionStore } from '../execution-store.js';
import { decodeCursor, pageBy } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';
import type { ToolStore } from '../tool-store.js';
import { waitingPosition } from '../waiting-position.js';
import { isWithin, type WorkflowLimit } from '../workflow-limit.js';

/** Of calls that wait, whose executions are read together. */
const AT_ONCE = 50;

/** Calls of tools whose executions are kept in another server. */
export function toolsOfExecutionsElsewhere(
  tools: ToolStore,
  home: Pick<AgentsHome, 'listUndecided'>,
  executions: Pick<ExecutionStore, 'getMany'>,
): ToolStore {
  return {
    offer: (offers, at, forgetBefore) => tools.offer(offers, at, forgetBefore),
    withdraw: (names) => tools.withdraw(names),
    keepServers: (servers) => tools.keepServers(servers),
    servers: () => tools.servers(),
    offers: () => tools.offers(),
    beginCall: (place, attempt) => tools.beginCall(place, attempt),
    endCall: (place, outcome) => tools.endCall(place, outcome),
    storeApproval: (approval) => tools.storeApproval(approval),
    approvals: (ids) => tools.approvals(ids),
    listWaiting: (page, limit) => listWaiting(home, executions, { page, limit }),
    outcomes: (executionId, turn) => tools.outcomes(executionId, turn),
  };
}

interface Wanted {
  readonly page: PageRequest;
  readonly limit: WorkflowLimit | undefined;
}

async function listWaiting(
  home: Pick<AgentsHome, 'listUndecided'>,
  executions: Pick<ExecutionStore, 'getMany'>,
  { page, limit = {} }: Wanted,
): Promise<Page<ToolApproval>> {
  const waiting: ToolApproval[] = [];
  for (let after = page.after === undefined ? undefined : decodeCursor(page.after); ;) {
    const undecided = await home.listUndecided(after, AT_ONCE);
    const found = await executions.getMany(undecided.map(({ executionId }) => executionId));
    for (const [index, approval] of undecided.entries()) {
      const execution = found[index];
      if (execution === undefined || isEnded(execution.status)) continue;
      if (isWithin(limit, execution.workflowId)) waiting.push(approval);
    }
    const last = undecided.at(-1);
    if (waiting.length > page.first || undecided.length < AT_ONCE || last === undefined) break;
    after = waitingPosition(last);
  }
  return pageBy(waiting.slice(0, page.first + 1), page, waitingPosition);
}
