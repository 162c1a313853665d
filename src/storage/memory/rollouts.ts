import type { AgentUseId } from '../../core/definitions/rollout.js';
import type { KeptRollout, RolloutStore } from '../rollout-store.js';
import type { AddedPlaceAgent } from '../place-agent-store.js';

export class MemoryRolloutStore implements RolloutStore {
  readonly #rollouts = new Map<string, KeptRollout>();
  readonly #note: (workflowId: string) => void;

  constructor(note: (workflowId: string) => void) {
    this.#note = note;
  }

  /** Another place agent of its id begins as its definition says. */
  forget({ workflowId, id }: Pick<AddedPlaceAgent, 'workflowId' | 'id'>): void {
    this.#rollouts.delete(JSON.stringify([workflowId, { placeAgentId: id }]));
  }

  set(rollout: KeptRollout, seen?: string): Promise<boolean> {
    const key = JSON.stringify([rollout.workflowId, rollout.use]);
    if (seen !== undefined && this.#rollouts.get(key)?.changedAt !== seen) return Promise.resolve(false);
    this.#rollouts.set(key, rollout);
    this.#note(rollout.workflowId);
    return Promise.resolve(true);
  }

  clear(workflowId: string, use: AgentUseId): Promise<void> {
    if (this.#rollouts.delete(JSON.stringify([workflowId, use]))) this.#note(workflowId);
    return Promise.resolve();
  }

  listWatched(): Promise<readonly KeptRollout[]> {
    const isWatched = ({ rollout }: KeptRollout) => rollout.maxErrorRate !== undefined && rollout.mode !== 'off';
    return Promise.resolve([...this.#rollouts.values()].filter(isWatched));
  }

  listStopped(): Promise<readonly KeptRollout[]> {
    return Promise.resolve([...this.#rollouts.values()].filter(({ rollout }) => rollout.stoppedBecause !== undefined));
  }

  listForWorkflow(workflowId: string): Promise<readonly KeptRollout[]> {
    return Promise.resolve([...this.#rollouts.values()].filter((kept) => kept.workflowId === workflowId));
  }

  listForWorkflows(workflowIds: readonly string[]): Promise<readonly (readonly KeptRollout[])[]> {
    return Promise.all(workflowIds.map((workflowId) => this.listForWorkflow(workflowId)));
  }
}
