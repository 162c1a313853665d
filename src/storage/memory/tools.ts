import { approvalEntry } from '../../core/audit/execution-entries.js';
import type { ToolOffer } from '../../core/agents/tool-offer.js';
import type { SeenToolServer } from '../../core/agents/tool-server.js';
import { isEnded } from '../../core/executions/execution.js';
import type { ToolApproval } from '../../core/executions/tool-approval.js';
import { idempotencyKeyOf, type ToolCallPlace, type ToolOutcome } from '../../core/executions/tool-call.js';
import { storable } from '../../core/json/well-formed-text.js';
import type { ExecutionStore } from '../execution-store.js';
import { decodeCursor, pageBy, type ListPosition } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';
import { isWithin, type WorkflowLimit } from '../workflow-limit.js';
import type { StoredToolCall, ToolStore, WorkerServers } from '../tool-store.js';
import { waitingPosition } from '../waiting-position.js';
import type { MemoryAuditStore } from './audit.js';
import { newestFirst } from './newest-first.js';

interface Call extends StoredToolCall {
  readonly place: ToolCallPlace;
  readonly attempt: string;
  readonly approval?: ToolApproval;
}

export class MemoryToolStore implements ToolStore {
  #servers = new Map<string, SeenToolServer>();
  #offers = new Map<string, { readonly offer: ToolOffer; readonly at: string }>();
  readonly #calls = new Map<string, Call>();
  readonly #executions: Pick<ExecutionStore, 'get'>;

  readonly #audit: Pick<MemoryAuditStore, 'tellNow'>;

  constructor(executions: Pick<ExecutionStore, 'get'>, audit: Pick<MemoryAuditStore, 'tellNow'>) {
    this.#executions = executions;
    this.#audit = audit;
  }

  offer(tools: readonly ToolOffer[], at: string, forgetBefore: string): Promise<void> {
    for (const offer of tools) this.#offers.set(offer.name, { offer: storable(offer), at });
    this.#offers = new Map([...this.#offers].filter(([, offered]) => offered.at >= forgetBefore));
    return Promise.resolve();
  }

  keepServers({ worker, servers, at: seenAt, forgetBefore }: WorkerServers): Promise<void> {
    for (const server of servers) {
      this.#servers.set(`${server.name} ${worker}`, { worker, seenAt, server: storable(server) });
    }
    this.#servers = new Map([...this.#servers].filter(([, seen]) => seen.seenAt >= forgetBefore));
    return Promise.resolve();
  }

  servers(): Promise<readonly SeenToolServer[]> {
    const sorted = [...this.#servers].sort(([left], [right]) => (left < right ? -1 : 1));
    return Promise.resolve(sorted.map(([, seen]) => seen));
  }

  withdraw(names: readonly string[]): Promise<void> {
    for (const name of names) this.#offers.delete(name);
    return Promise.resolve();
  }

  offers(): Promise<readonly ToolOffer[]> {
    const offers = [...this.#offers.values()].map(({ offer }) => offer);
    return Promise.resolve(offers.sort((left, right) => (left.name < right.name ? -1 : 1)));
  }

  beginCall(place: ToolCallPlace, attempt: string): Promise<StoredToolCall> {
    const key = idempotencyKeyOf(place);
    const before = this.#calls.get(key);
    const attempts = (before?.attempts ?? 0) + (before?.attempt === attempt ? 0 : 1);
    const call = { ...before, place, attempt, attempts };
    this.#calls.set(key, call);
    return Promise.resolve(storedCall(call));
  }

  endCall(place: ToolCallPlace, outcome: ToolOutcome): Promise<ToolOutcome> {
    const key = idempotencyKeyOf(place);
    const before = this.#calls.get(key);
    if (before === undefined) return Promise.resolve(outcome);
    const kept = before.outcome ?? storable(outcome);
    this.#calls.set(key, { ...before, outcome: kept });
    return Promise.resolve(kept);
  }

  storeApproval(given: ToolApproval): Promise<void> {
    const key = idempotencyKeyOf(given);
    const approval = storable(given);
    const { executionId, turn, index } = given;
    const before = this.#calls.get(key) ?? { place: { executionId, turn, index }, attempt: '', attempts: 0 };
    if (before.approval === undefined || rankOf(approval) >= rankOf(before.approval)) {
      this.#calls.set(key, { ...before, approval });
      const told = before.approval?.decision === undefined ? approvalEntry(approval) : undefined;
      if (told !== undefined) this.#audit.tellNow([told]);
    }
    return Promise.resolve();
  }

  approvals(executionIds: readonly string[]): Promise<readonly (readonly ToolApproval[])[]> {
    const all = [...this.#calls.values()].flatMap(({ approval }) => approval ?? []).sort(inOrderOfCalls);
    return Promise.resolve(executionIds.map((id) => all.filter(({ executionId }) => executionId === id)));
  }

  async listWaiting(page: PageRequest, limit: WorkflowLimit = {}): Promise<Page<ToolApproval>> {
    const after = page.after === undefined ? undefined : decodeCursor(page.after);
    const undecided = this.listUndecided(after, Infinity);
    const executions = await Promise.all(undecided.map(({ executionId }) => this.#executions.get(executionId)));
    const waiting = undecided.filter((_, index) => {
      const execution = executions[index];
      return execution !== undefined && isWithin(limit, execution.workflowId) && !isEnded(execution.status);
    });
    return pageBy(waiting.slice(0, page.first + 1), page, waitingPosition);
  }

  /** Whatever became of their executions. */
  listUndecided(after: ListPosition | undefined, limit: number): readonly ToolApproval[] {
    const undecided = [...this.#calls.values()].flatMap(({ approval }) =>
      approval === undefined || approval.decision !== undefined ? [] : [approval],
    );
    const behind = undecided.filter((one) => after === undefined || newestFirst(waitingPosition(one), after) < 0);
    behind.sort((left, right) => newestFirst(waitingPosition(right), waitingPosition(left)));
    return behind.slice(0, limit);
  }

  removeCalls(executionIds: readonly string[]): void {
    for (const [key, { place }] of this.#calls) if (executionIds.includes(place.executionId)) this.#calls.delete(key);
  }

  outcomes(executionId: string, turn: number): Promise<ReadonlyMap<number, ToolOutcome>> {
    const calls = [...this.#calls.values()].filter(
      ({ place }) => place.executionId === executionId && place.turn === turn,
    );
    const ended = calls.flatMap(({ place, outcome }) =>
      outcome === undefined ? [] : [[place.index, outcome] as const],
    );
    return Promise.resolve(new Map(ended));
  }
}

/** Of two that say different things, the one with the higher rank holds. */
function rankOf({ requestedAt, decision }: ToolApproval): string {
  return `${decision?.decidedAt ?? requestedAt} ${decision === undefined ? 0 : 1}`;
}

function inOrderOfCalls(left: ToolApproval, right: ToolApproval): number {
  return left.turn - right.turn || left.index - right.index;
}

function storedCall({ attempts, outcome }: Call): StoredToolCall {
  return { attempts, ...(outcome === undefined ? {} : { outcome }) };
}
