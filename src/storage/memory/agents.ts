import type { Agent, AgentContent } from '../../core/agents/agent.js';
import { CircuitBreakerError, notFound } from '../../core/errors.js';
import { sameAgentContent } from '../agent-content.js';
import type { AgentStore } from '../agent-store.js';
import type { VersionedId } from '../versioned-id.js';

export class MemoryAgentStore implements AgentStore {
  readonly #versions = new Map<string, readonly Agent[]>();

  create(id: string, content: AgentContent, now: string): Promise<Agent> {
    return settled(() => {
      const existing = this.#versions.get(id)?.at(-1);
      if (existing === undefined) return this.#store({ ...content, id, version: 1, createdAt: now, updatedAt: now });
      if (sameAgentContent(existing, content)) return existing;
      throw new CircuitBreakerError('ALREADY_EXISTS', `There is another agent "${id}"; use updateAgent to change it.`);
    });
  }

  update(id: string, change: { content: AgentContent; expectedVersion?: number; now: string }): Promise<Agent> {
    return settled(() => {
      const newest = this.#versions.get(id)?.at(-1);
      if (newest === undefined) throw notFound('agent', id);
      if (change.expectedVersion !== undefined && change.expectedVersion !== newest.version) {
        const message = `Agent "${id}" is at version ${newest.version}, not ${change.expectedVersion}: read it again.`;
        throw new CircuitBreakerError('VERSION_CONFLICT', message);
      }
      if (sameAgentContent(newest, change.content)) return newest;
      const version = newest.version + 1;
      return this.#store({ ...change.content, id, version, createdAt: newest.createdAt, updatedAt: change.now });
    });
  }

  get(id: string, version?: number): Promise<Agent | undefined> {
    const versions = this.#versions.get(id);
    return Promise.resolve(version === undefined ? versions?.at(-1) : versions?.[version - 1]);
  }

  getMany(ids: readonly VersionedId[]): Promise<readonly (Agent | undefined)[]> {
    return Promise.all(ids.map(({ id, version }) => this.get(id, version)));
  }

  list(capability?: string): Promise<readonly Agent[]> {
    const newest = [...this.#versions.values()].flatMap((versions) => versions.at(-1) ?? []);
    const wanted = newest.filter(({ capabilities }) => capability === undefined || capabilities.includes(capability));
    return Promise.resolve(wanted.sort((left, right) => (left.id < right.id ? -1 : 1)));
  }

  delete(id: string): Promise<boolean> {
    return Promise.resolve(this.#versions.delete(id));
  }

  #store(agent: Agent): Agent {
    this.#versions.set(agent.id, [...(this.#versions.get(agent.id) ?? []), agent]);
    return agent;
  }
}

function settled<Result>(run: () => Result): Promise<Result> {
  return new Promise((resolve) => {
    resolve(run());
  });
}
