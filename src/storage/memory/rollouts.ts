import type { KeptRollout, RolloutStore } from '../rollout-store.js';
import type { MemoryPlaceAgentStore } from './place-agents.js';

export class MemoryRolloutStore implements RolloutStore {
  readonly #rollouts = new Map<string, KeptRollout>();
  readonly #placeAgents: Pick<MemoryPlaceAgentStore, 'note'>;

  constructor(placeAgents: Pick<MemoryPlaceAgentStore, 'note'>) {
    this.#placeAgents = placeAgents;
  }

  set(rollout: KeptRollout, seen?: string): Promise<boolean> {
    const key = JSON.stringify([rollout.workflowId, rollout.use]);
    if (seen !== undefined && this.#rollouts.get(key)?.changedAt !== seen) return Promise.resolve(false);
    this.#rollouts.set(key, rollout);
    this.#placeAgents.note(rollout.workflowId);
    return Promise.resolve(true);
  }

  listWatched(): Promise<readonly KeptRollout[]> {
    const isWatched = ({ rollout }: KeptRollout) => rollout.maxErrorRate !== undefined && rollout.mode !== 'off';
    return Promise.resolve([...this.#rollouts.values()].filter(isWatched));
  }

  listForWorkflow(workflowId: string): Promise<readonly KeptRollout[]> {
    return Promise.resolve([...this.#rollouts.values()].filter((kept) => kept.workflowId === workflowId));
  }

  listForWorkflows(workflowIds: readonly string[]): Promise<readonly (readonly KeptRollout[])[]> {
    return Promise.all(workflowIds.map((workflowId) => this.listForWorkflow(workflowId)));
  }
}
