import DataLoader from 'dataloader';

import type { Agent } from '../../core/agents/agent.js';
import { notFound } from '../../core/errors.js';
import type { BudgetKey, BudgetSum } from '../../core/executions/budget-limit.js';
import type { AgentExecution } from '../../core/executions/execution.js';
import type { ToolApproval } from '../../core/executions/tool-approval.js';
import type { Token } from '../../core/tokens/token.js';
import type { AddedPlaceAgent } from '../../storage/place-agent-store.js';
import type { KeptRollout } from '../../storage/rollout-store.js';
import type { Storage } from '../../storage/storage.js';
import type { VersionedId } from '../../storage/versioned-id.js';
import type { StoredWorkflow } from '../../storage/workflow-store.js';
import { readInParts } from './read-in-parts.js';
import type { RequestWork } from './answers/request-work.js';
import { MAX_FIRST } from './pages.js';

/**
 * Looks each entity up once per request, or per event of a subscription, however many fields ask for it, and what is
 * asked for at one time in few statements: as much in each as memory bears. Throws NOT_FOUND for those that are not there.
 */
export class EntityLoader {
  readonly #workflows: Loader<VersionedId, StoredWorkflow>;
  readonly #agents: Loader<VersionedId, Agent>;
  readonly #tokens: Loader<string, Token>;
  readonly #executions: Loader<string, AgentExecution>;
  readonly #placeAgents: Loader<string, readonly AddedPlaceAgent[]>;
  readonly #rollouts: Loader<string, readonly KeptRollout[]>;
  readonly #approvals: Loader<string, readonly ToolApproval[]>;
  readonly #budgets: Loader<BudgetKey, BudgetSum>;

  constructor(
    { workflows, agents, tokens, executions, placeAgents, rollouts, tools, budgets }: Storage,
    work: RequestWork,
  ) {
    const loader: MakeLoader = (what, read) => loaderOf(what, (ids) => readMany(work, ids, read));
    this.#workflows = loader('workflow', (ids) => workflows.getMany(ids));
    this.#agents = loader('agent', (ids) => agents.getManyEver(ids));
    this.#tokens = loader('token', (ids) => tokens.getMany(ids));
    this.#executions = loader('execution', (ids) => executions.getMany(ids));
    this.#placeAgents = loader('workflow', (ids) => placeAgents.listForWorkflows(ids));
    this.#rollouts = loader('workflow', (ids) => rollouts.listForWorkflows(ids));
    this.#approvals = loader('execution', (ids) => tools.approvals(ids));
    this.#budgets = loader('budget', (keys) => budgets.sums(keys));
  }

  workflow(id: string, version: number): Promise<StoredWorkflow> {
    return this.#workflows.load({ id, version });
  }

  /** The version that an execution ran, or the newest while that is not settled; also of an agent that was deleted since. */
  agent(id: string, version: number): Promise<Agent> {
    return this.#agents.load(version === 0 ? { id } : { id, version });
  }

  token(id: string): Promise<Token> {
    return this.#tokens.load(id);
  }

  execution(id: string): Promise<AgentExecution> {
    return this.#executions.load(id);
  }

  /** Those that were added to a workflow after its definition was saved, oldest first. */
  placeAgents(workflowId: string): Promise<readonly AddedPlaceAgent[]> {
    return this.#placeAgents.load(workflowId);
  }

  /** What was said of how far the agents of a workflow are brought in, after its definition was saved. */
  rollouts(workflowId: string): Promise<readonly KeptRollout[]> {
    return this.#rollouts.load(workflowId);
  }

  /** The calls of an execution that people were asked about, in their order. */
  approvals(executionId: string): Promise<readonly ToolApproval[]> {
    return this.#approvals.load(executionId);
  }

  /** What calls have spent of a budget, and reserve; nothing where none has. */
  budget(key: BudgetKey): Promise<BudgetSum> {
    return this.#budgets.load(key);
  }

  /** Forgets what was found: it may have changed. */
  forget(): void {
    const entities = [this.#workflows, this.#agents, this.#tokens, this.#executions];
    for (const one of [...entities, this.#placeAgents, this.#approvals, this.#budgets]) one.clearAll();
  }
}

type Loader<Id, Entity> = DataLoader<Id, Entity, string>;

/** Gives as many as it is asked for, in the same order. */
type ReadMany<Id, Entity> = (ids: readonly Id[]) => Promise<readonly (Entity | undefined)[]>;

type MakeLoader = <Id extends string | VersionedId | BudgetKey, Entity>(
  what: string,
  read: ReadMany<Id, Entity>,
) => Loader<Id, Entity>;

function readMany<Id, Entity>(
  work: RequestWork,
  ids: readonly Id[],
  read: ReadMany<Id, Entity>,
): Promise<readonly (Entity | undefined)[]> {
  let from = 0;
  return readInParts(work, ids.length, async (count) => {
    const part = ids.slice(from, (from += count));
    return await read(part);
  });
}

function loaderOf<Id extends string | VersionedId | BudgetKey, Entity>(
  what: string,
  read: ReadMany<Id, Entity>,
): Loader<Id, Entity> {
  const readAll = async (ids: readonly Id[]): Promise<(Entity | Error)[]> => {
    const found = await read(ids);
    return ids.map((id, index) => found[index] ?? notFound(what, nameOf(id)));
  };
  return new DataLoader(readAll, { cacheKeyFn: (id) => JSON.stringify(id), maxBatchSize: MAX_FIRST });
}

function nameOf(id: string | VersionedId | BudgetKey): string {
  if (typeof id === 'string') return id;
  return 'id' in id ? id.id : id.scope;
}
