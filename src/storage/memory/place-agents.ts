import type { ListPosition } from '../page-cursor.js';
import type {
  AddedPlaceAgent,
  PlaceAgentChange,
  PlaceAgentFilter,
  PlaceAgentPage,
  PlaceAgentStore,
} from '../place-agent-store.js';
import { isWithin } from '../workflow-limit.js';
import { newestFirst } from './newest-first.js';

export class MemoryPlaceAgentStore implements PlaceAgentStore {
  readonly #agents = new Map<string, AddedPlaceAgent>();
  readonly #revisions = new Map<string, number>();
  readonly #changes = new Map<string, PlaceAgentChange>();
  readonly #onDelete: (agent: AddedPlaceAgent) => void;

  constructor(onDelete: (agent: AddedPlaceAgent) => void) {
    this.#onDelete = onDelete;
  }

  create(agent: AddedPlaceAgent): Promise<AddedPlaceAgent> {
    const existing = this.#agents.get(agent.id);
    if (existing !== undefined) return Promise.resolve(existing);
    this.#agents.set(agent.id, agent);
    this.note(agent.workflowId);
    return Promise.resolve(agent);
  }

  delete(id: string): Promise<boolean> {
    const existing = this.#agents.get(id);
    if (existing === undefined) return Promise.resolve(false);
    this.#agents.delete(id);
    this.#onDelete(existing);
    this.note(existing.workflowId);
    return Promise.resolve(true);
  }

  get(id: string): Promise<AddedPlaceAgent | undefined> {
    return Promise.resolve(this.#agents.get(id));
  }

  list(filter: PlaceAgentFilter, { first, after }: PlaceAgentPage): Promise<readonly AddedPlaceAgent[]> {
    const all = this.#all(filter).filter((agent) => after === undefined || compare(agent, after) > 0);
    return Promise.resolve(all.slice(0, first));
  }

  listForWorkflow(workflowId: string): Promise<readonly AddedPlaceAgent[]> {
    return Promise.resolve(this.#all({ workflowId }));
  }

  #all({ workflowId, placeId, agentId, ...limit }: PlaceAgentFilter): readonly AddedPlaceAgent[] {
    const wanted = [...this.#agents.values()].filter(
      (agent) =>
        isWithin(limit, agent.workflowId) &&
        (workflowId === undefined || agent.workflowId === workflowId) &&
        (placeId === undefined || agent.placeId === placeId) &&
        (agentId === undefined || agent.agentId === agentId),
    );
    return wanted.sort(compare);
  }

  listForWorkflows(workflowIds: readonly string[]): Promise<readonly (readonly AddedPlaceAgent[])[]> {
    return Promise.all(workflowIds.map((workflowId) => this.listForWorkflow(workflowId)));
  }

  listChanges(): Promise<readonly PlaceAgentChange[]> {
    return Promise.resolve([...this.#changes.values()]);
  }

  settleChange({ workflowId, revision }: PlaceAgentChange): Promise<void> {
    if (this.#changes.get(workflowId)?.revision === revision) this.#changes.delete(workflowId);
    return Promise.resolve();
  }

  /** The tokens of a workflow have to be told. */
  note(workflowId: string): void {
    const revision = (this.#revisions.get(workflowId) ?? 0) + 1;
    this.#revisions.set(workflowId, revision);
    this.#changes.set(workflowId, { workflowId, revision });
  }
}

function compare(left: ListPosition, right: ListPosition): number {
  return newestFirst(right, left);
}
