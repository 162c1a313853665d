import type { Agent } from '../../core/agents/agent.js';
import { notFound } from '../../core/errors.js';
import type { AgentExecution } from '../../core/executions/execution.js';
import type { Token } from '../../core/tokens/token.js';
import type { Storage } from '../../storage/storage.js';
import type { StoredWorkflow } from '../../storage/workflow-store.js';

/** Looks each entity up once per request, or per event of a subscription, however many fields ask for it. */
export class EntityLoader {
  readonly #storage: Storage;
  readonly #found = new Map<string, Promise<unknown>>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  workflow(id: string, version: number): Promise<StoredWorkflow> {
    return this.#once(`workflow ${id} ${version}`, async () => {
      const stored = await this.#storage.workflows.get(id, version);
      if (stored === undefined) throw notFound('workflow', id);
      return stored;
    });
  }

  /** The version that an execution ran, or the newest while that is not settled. */
  agent(id: string, version: number): Promise<Agent> {
    return this.#once(`agent ${id} ${version}`, async () => {
      const agent = await this.#storage.agents.get(id, version === 0 ? undefined : version);
      if (agent === undefined) throw notFound('agent', id);
      return agent;
    });
  }

  token(id: string): Promise<Token> {
    return this.#once(`token ${id}`, async () => {
      const token = await this.#storage.tokens.get(id);
      if (token === undefined) throw notFound('token', id);
      return token;
    });
  }

  execution(id: string): Promise<AgentExecution> {
    return this.#once(`execution ${id}`, async () => {
      const execution = await this.#storage.executions.get(id);
      if (execution === undefined) throw notFound('execution', id);
      return execution;
    });
  }

  /** What was found may have changed. */
  forget(): void {
    this.#found.clear();
  }

  #once<Entity>(key: string, find: () => Promise<Entity>): Promise<Entity> {
    const finding = (this.#found.get(key) as Promise<Entity> | undefined) ?? find();
    this.#found.set(key, finding);
    return finding;
  }
}
