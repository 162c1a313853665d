import { agentUses, type WorkflowContent, type WorkflowDefinition } from '../../core/definitions/definition.js';
import { isInlineWorkflow } from '../../core/definitions/inline-workflow.js';
import type { AgentUsers, StoredWorkflow, WorkflowStore } from '../workflow-store.js';
import type { VersionedId } from '../versioned-id.js';
import { newestFirst } from './newest-first.js';

export class MemoryWorkflowStore implements WorkflowStore {
  readonly #versions = new Map<string, readonly StoredWorkflow[]>();
  readonly #hasActiveTokens: (id: string, version: number) => boolean;

  constructor(hasActiveTokens: (id: string, version: number) => boolean) {
    this.#hasActiveTokens = hasActiveTokens;
  }

  save(id: string, content: WorkflowContent, facts: { hash: string; now: string }): Promise<StoredWorkflow> {
    const versions = this.#versions.get(id) ?? [];
    const newest = versions.at(-1);
    if (newest?.hash === facts.hash) return Promise.resolve(newest);
    const definition = { ...content, id, version: versions.length + 1 };
    return Promise.resolve(this.put({ definition, hash: facts.hash, createdAt: facts.now }));
  }

  /** Whether it is the next version that its id can have. */
  isNext({ definition: { id, version } }: StoredWorkflow): boolean {
    return version === (this.#versions.get(id)?.length ?? 0) + 1;
  }

  /** Stores the next version. */
  put(stored: StoredWorkflow): StoredWorkflow {
    const { id } = stored.definition;
    this.#versions.set(id, [...(this.#versions.get(id) ?? []), stored]);
    return stored;
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

  usersOfAgent(agentId: string, page: Parameters<WorkflowStore['usersOfAgent']>[1]): Promise<AgentUsers> {
    const { first, after, replaced = [] } = page;
    const all = [...this.#versions.entries()]
      .flatMap(([id, versions]) => {
        const newest = replaced.includes(id) ? undefined : versions.at(-1);
        return versions.filter((stored) => this.#isInUse(stored, newest));
      })
      .filter(({ definition }) => agentUses(definition).some(({ use }) => use.agentId === agentId))
      .sort((one, other) => byIdAndVersion(one.definition, other.definition));
    const next = after === undefined ? all : all.filter(({ definition }) => byIdAndVersion(definition, after) > 0);
    return Promise.resolve({ users: next.slice(0, first), total: all.length });
  }

  #isInUse(stored: StoredWorkflow, newest: StoredWorkflow | undefined): boolean {
    const { id, version } = stored.definition;
    return (stored === newest && !isInlineWorkflow(id)) || this.#hasActiveTokens(id, version);
  }

  #newest(): StoredWorkflow[] {
    return [...this.#versions.values()].flatMap((versions) => versions.at(-1) ?? []);
  }
}

function positionOf({ createdAt, definition }: StoredWorkflow): { createdAt: string; id: string } {
  return { createdAt, id: definition.id };
}

type VersionOf = Pick<WorkflowDefinition, 'id' | 'version'>;

function byIdAndVersion(one: VersionOf, other: VersionOf): number {
  if (one.id === other.id) return one.version - other.version;
  return one.id < other.id ? -1 : 1;
}
