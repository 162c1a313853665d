import { agentUses, type WorkflowContent } from '../../core/definitions/definition.js';
import type { StoredWorkflow, WorkflowStore } from '../workflow-store.js';
import type { VersionedId } from '../versioned-id.js';
import { newestFirst } from './newest-first.js';

export class MemoryWorkflowStore implements WorkflowStore {
  readonly #versions = new Map<string, readonly StoredWorkflow[]>();

  save(id: string, content: WorkflowContent, facts: { hash: string; now: string }): Promise<StoredWorkflow> {
    const versions = this.#versions.get(id) ?? [];
    const newest = versions.at(-1);
    if (newest?.hash === facts.hash) return Promise.resolve(newest);
    const definition = { ...content, id, version: versions.length + 1 };
    const stored = { definition, hash: facts.hash, createdAt: facts.now };
    this.#versions.set(id, [...versions, stored]);
    return Promise.resolve(stored);
  }

  get(id: string, version?: number): Promise<StoredWorkflow | undefined> {
    const versions = this.#versions.get(id);
    return Promise.resolve(version === undefined ? versions?.at(-1) : versions?.[version - 1]);
  }

  getMany(ids: readonly VersionedId[]): Promise<readonly (StoredWorkflow | undefined)[]> {
    return Promise.all(ids.map(({ id, version }) => this.get(id, version)));
  }

  list({ first, after }: { first: number; after?: string }): Promise<readonly StoredWorkflow[]> {
    const newest = this.#newest().sort((left, right) => newestFirst(positionOf(left), positionOf(right)));
    const start = after === undefined ? 0 : newest.findIndex(({ definition }) => definition.id === after) + 1;
    return Promise.resolve(newest.slice(start, start + first));
  }

  usersOfAgent(agentId: string): Promise<readonly string[]> {
    const users = this.#newest().filter(({ definition }) =>
      agentUses(definition).some(({ use }) => use.agentId === agentId),
    );
    return Promise.resolve(users.map(({ definition }) => definition.id).sort());
  }

  #newest(): StoredWorkflow[] {
    return [...this.#versions.values()].flatMap((versions) => versions.at(-1) ?? []);
  }
}

function positionOf({ createdAt, definition }: StoredWorkflow): { createdAt: string; id: string } {
  return { createdAt, id: definition.id };
}
