import type { Agent } from '../core/agents/agent.js';
import { CircuitBreakerError, notFound } from '../core/errors.js';
import type { Conversation } from '../core/executions/conversation.js';
import type { Storage } from './storage.js';

/** What is there for somebody who is limited to some workflows. */
export class CallerLimit {
  readonly #storage: Storage;
  readonly #ids: ReadonlySet<string>;

  constructor(
    storage: Storage,
    readonly workflows: readonly string[],
  ) {
    this.#storage = storage;
    this.#ids = new Set(workflows);
  }

  has(workflowId: string | undefined): boolean {
    return workflowId !== undefined && this.#ids.has(workflowId);
  }

  /** The thing, where it is of one of the workflows. */
  own<Thing extends { readonly workflowId?: string }>(thing: Thing | undefined): Thing | undefined {
    return this.has(thing?.workflowId) ? thing : undefined;
  }

  /** An agent that one of the workflows may use. */
  agent(agent: Agent | undefined): Agent | undefined {
    const own = agent === undefined ? undefined : this.ranAgent(agent);
    return own?.allowedWorkflows?.length === 0 ? undefined : own;
  }

  /** An agent that others may use as well, without their names. */
  ranAgent(agent: Agent): Agent {
    const { allowedWorkflows } = agent;
    if (allowedWorkflows === undefined) return agent;
    return { ...agent, allowedWorkflows: allowedWorkflows.filter((id) => this.has(id)) };
  }

  /** Throws NOT_FOUND for a token of others. */
  async needsToken(id: string): Promise<void> {
    if (this.own(await this.#storage.tokens.get(id)) === undefined) throw notFound('token', id);
  }

  /** Throws NOT_FOUND for an execution of others. */
  async needsExecution(id: string): Promise<void> {
    if (this.own(await this.#storage.executions.get(id)) === undefined) throw notFound('execution', id);
  }

  /** For each of the executions whether it is theirs. */
  async ownExecutions(ids: readonly string[]): Promise<readonly boolean[]> {
    const executions = await this.#storage.executions.getMany(ids);
    return executions.map((execution) => this.has(execution?.workflowId));
  }

  /** Those of the conversations that are of their tokens. */
  async ownConversations(found: readonly Conversation[]): Promise<readonly Conversation[]> {
    const tokens = await this.#storage.tokens.getMany(found.map(({ tokenId = '' }) => tokenId));
    return found.filter((_, index) => this.has(tokens[index]?.workflowId));
  }

  /** Throws FORBIDDEN for a workflow of others. */
  needsWorkflow(id: string): void {
    if (!this.has(id)) throw this.#forbidden(`Workflow "${id}"`);
  }

  /** Throws FORBIDDEN, whatever it is: it belongs to all workflows, or to none. */
  refuse(what: string): never {
    throw this.#forbidden(what);
  }

  #forbidden(what: string): CircuitBreakerError {
    return new CircuitBreakerError('FORBIDDEN', `${what} is not for callers that are limited to some workflows.`);
  }
}
