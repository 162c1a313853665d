import type { Agent, AgentContent } from '../../core/agents/agent.js';
import type { AgentStore } from '../agent-store.js';
import { createdAgent, updatedAgent, type AgentChange } from '../next-agent.js';
import type { VersionedId } from '../versioned-id.js';

export class MemoryAgentStore implements AgentStore {
  /** All versions that there ever were. */
  readonly #versions = new Map<string, readonly Agent[]>();
  /** How many of them went with an agent that was deleted. */
  readonly #deleted = new Map<string, number>();

  create(id: string, content: AgentContent, now: string): Promise<Agent> {
    return settled(() => {
      const existing = this.#versionsOf(id).at(-1);
      const lastVersion = this.#versions.get(id)?.length ?? 0;
      const agent = createdAgent(existing, { id, content, now, lastVersion });
      return agent === existing ? agent : this.put(agent);
    });
  }

  update(id: string, change: AgentChange): Promise<Agent> {
    return settled(() => {
      const newest = this.#versionsOf(id).at(-1);
      const agent = updatedAgent(id, newest, change);
      return agent === newest ? agent : this.put(agent);
    });
  }

  get(id: string, version?: number): Promise<Agent | undefined> {
    return Promise.resolve(versionOf(this.#versionsOf(id), version));
  }

  getMany(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]> {
    return Promise.resolve(ids.map(({ id, version }) => versionOf(this.#versionsOf(id), version)));
  }

  getManyEver(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]> {
    return Promise.resolve(ids.map(({ id, version }) => versionOf(this.#versions.get(id) ?? [], version)));
  }

  list({ first, after, capability }: Parameters<AgentStore['list']>[0]): Promise<readonly Agent[]> {
    const newest = [...this.#versions.keys()].flatMap((id) => this.#versionsOf(id).at(-1) ?? []);
    const wanted = newest.filter(
      ({ id, capabilities }) =>
        (after === undefined || id > after) && (capability === undefined || capabilities.includes(capability)),
    );
    return Promise.resolve(wanted.sort((left, right) => (left.id < right.id ? -1 : 1)).slice(0, first));
  }

  delete(id: string): Promise<boolean> {
    const wasThere = this.#versionsOf(id).length > 0;
    this.#deleted.set(id, this.#versions.get(id)?.length ?? 0);
    return Promise.resolve(wasThere);
  }

  #versionsOf(id: string): readonly Agent[] {
    return (this.#versions.get(id) ?? []).slice(this.#deleted.get(id) ?? 0);
  }

  /** Whether it is the next version that its id can have. */
  isNext({ id, version }: Agent): boolean {
    return version === (this.#versions.get(id)?.length ?? 0) + 1;
  }

  /** Stores the next version. */
  put(agent: Agent): Agent {
    this.#versions.set(agent.id, [...(this.#versions.get(agent.id) ?? []), agent]);
    return agent;
  }
}

function settled<Result>(run: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    resolve(run());
  });
}

/** The newest, or the one asked for. */
function versionOf(versions: readonly Agent[], version: number | undefined): Agent | undefined {
  return version === undefined ? versions.at(-1) : versions.find((agent) => agent.version === version);
}
