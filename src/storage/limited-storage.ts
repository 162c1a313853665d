import { budgetOwner, NOTHING_SPENT, type BudgetKey } from '../core/executions/budget-limit.js';
import { CallerLimit } from './caller-limit.js';
import type { AgentStore } from './agent-store.js';
import type { AlertStore } from './alert-store.js';
import type { AnswerCacheStore } from './answer-cache-store.js';
import type { AuditStore } from './audit-store.js';
import type { BreakerStore } from './breaker-store.js';
import type { BudgetStore } from './budget-store.js';
import type { BatchStore } from './batch-store.js';
import type { ConversationStore } from './conversation-store.js';
import type { DefinitionStore } from './definition-store.js';
import type { ExecutionStore } from './execution-store.js';
import type { PlaceAgentStore } from './place-agent-store.js';
import type { ProviderKeyStore } from './provider-key-store.js';
import type { RolloutStore } from './rollout-store.js';
import type { Storage } from './storage.js';
import type { TokenStore } from './token-store.js';
import type { ToolStore } from './tool-store.js';
import type { WorkflowStore } from './workflow-store.js';

/**
 * A storage as it is for somebody who is limited to some workflows: what belongs to others is not there, and is not changed.
 * Agents are everybody's, but for those that only other workflows may use. Every method is written out, so that a new one does not
 * pass by itself.
 */
export function limitedStorage(storage: Storage, workflows: readonly string[]): Storage {
  const limit = new CallerLimit(storage, workflows);
  return {
    agents: limitedAgents(storage.agents, limit),
    alerts: limitedAlerts(storage.alerts, limit),
    answerCache: limitedAnswerCache(limit),
    audit: limitedAudit(limit),
    breakers: limitedBreakers(storage.breakers, limit),
    budgets: limitedBudgets(storage.budgets, limit),
    batches: limitedBatches(limit),
    conversations: limitedConversations(storage.conversations, limit),
    definitions: limitedDefinitions(storage, limit),
    executions: limitedExecutions(storage.executions, limit),
    placeAgents: limitedPlaceAgents(storage.placeAgents, limit),
    providerKeys: limitedProviderKeys(limit),
    rollouts: limitedRollouts(storage.rollouts, limit),
    temporalHome: storage.temporalHome,
    tokens: limitedTokens(storage.tokens, limit),
    tools: limitedTools(storage.tools, limit),
    workflows: limitedWorkflows(storage.workflows, limit),
    catchUp: () => storage.catchUp(),
    ping: () => storage.ping(),
    close: () => storage.close(),
  };
}

function limitedRollouts(rollouts: RolloutStore, limit: CallerLimit): RolloutStore {
  return {
    set: (rollout, seen) => {
      limit.needsWorkflow(rollout.workflowId);
      return rollouts.set(rollout, seen);
    },
    clear: (workflowId, use) => {
      limit.needsWorkflow(workflowId);
      return rollouts.clear(workflowId, use);
    },
    listWatched: async () => (await rollouts.listWatched()).filter(({ workflowId }) => limit.has(workflowId)),
    listStopped: async () => (await rollouts.listStopped()).filter(({ workflowId }) => limit.has(workflowId)),
    listForWorkflow: (workflowId) =>
      limit.has(workflowId) ? rollouts.listForWorkflow(workflowId) : Promise.resolve([]),
    listForWorkflows: async (ids) => {
      const found = await rollouts.listForWorkflows(ids.filter((id) => limit.has(id)));
      const own = found.values();
      return ids.map((id) => (limit.has(id) ? (own.next().value ?? []) : []));
    },
  };
}

/** Which models others call, and where, is theirs to know. */
function limitedBreakers(breakers: BreakerStore, limit: CallerLimit): BreakerStore {
  return {
    get: (key) => breakers.get(key),
    list: () => Promise.resolve([]),
    replace: () => limit.refuse('The breaker of a model'),
  };
}

function limitedAgents(agents: AgentStore, limit: CallerLimit): AgentStore {
  return {
    create: () => limit.refuse('An agent'),
    update: () => limit.refuse('An agent'),
    delete: () => limit.refuse('An agent'),
    get: async (id, version) => limit.agent(await agents.get(id, version)),
    getMany: async (ids) => (await agents.getMany(ids)).map((agent) => limit.agent(agent)),
    // What an execution of theirs ran, they may know.
    getManyEver: async (ids) =>
      (await agents.getManyEver(ids)).map((agent) => (agent === undefined ? undefined : limit.ranAgent(agent))),
    list: (page) =>
      filled(page, ({ after }) => agents.list({ ...page, ...(after === undefined ? {} : { after }) }), {
        idOf: ({ id }) => id,
        keep: (found) => Promise.resolve(found.flatMap((agent) => limit.agent(agent) ?? [])),
      }),
  };
}

/** What is wrong with what serves all workflows is not theirs to know: it tells what others do. */
function limitedAlerts(alerts: AlertStore, limit: CallerLimit): AlertStore {
  const refuse = () => limit.refuse('What alerts are made of');
  const { workflows: ofWorkflows } = limit;
  return {
    tell: refuse,
    toldWithin: refuse,
    mark: refuse,
    ageOfMark: refuse,
    unmark: refuse,
    fire: refuse,
    end: refuse,
    listNow: (asked) => alerts.listNow({ ...asked, ofWorkflows }),
    list: (filter, page) => alerts.list({ ...filter, ofWorkflows }, page),
    takeMessage: refuse,
    postponeMessage: refuse,
    dropMessage: refuse,
    dropAllMessages: refuse,
    forget: refuse,
  };
}

/** Agents serve all workflows, and so do the answers that they were given. */
function limitedAnswerCache(limit: CallerLimit): AnswerCacheStore {
  const refuse = () => limit.refuse('The cache of an agent');
  return {
    take: refuse,
    renew: refuse,
    release: refuse,
    releaseOf: refuse,
    keep: refuse,
    progress: refuse,
    purge: refuse,
    removeExpired: refuse,
  };
}

/** What was done belongs to all workflows, and to none. */
function limitedAudit(limit: CallerLimit): AuditStore {
  const refuse = () => limit.refuse('The audit');
  const written = { tell: refuse, end: refuse, append: refuse, anchor: refuse, removeUpTo: refuse };
  return { ...written, read: refuse, list: refuse, lastBefore: refuse };
}

/** What others spend by an agent is not theirs to know, and so what it spends in all. */
function limitedBudgets(budgets: BudgetStore, limit: CallerLimit): BudgetStore {
  return {
    reserve: () => limit.refuse('What is reserved'),
    settle: () => limit.refuse('What is reserved'),
    settleLost: () => limit.refuse('What is reserved'),
    expire: () => limit.refuse('What the sweep works on'),
    sums: async (keys) => {
      const sums = await budgets.sums(keys);
      const isOwn = ({ scope }: BudgetKey) => {
        const { kind, id } = budgetOwner(scope);
        return kind === 'workflow' && limit.has(id);
      };
      return sums.map((sum, index) => (keys.slice(index, index + 1).some(isOwn) ? sum : NOTHING_SPENT));
    },
    forget: () => limit.refuse('What the sweep works on'),
  };
}

/** What only workers ask for. */
function limitedBatches(limit: CallerLimit): BatchStore {
  const refuse = () => limit.refuse('A batch');
  return {
    join: refuse,
    leave: refuse,
    claim: refuse,
    requestsIn: refuse,
    placesIn: refuse,
    answer: refuse,
    answerRest: refuse,
    waitOf: refuse,
    answerOf: refuse,
    beginSubmission: refuse,
    dropSubmission: refuse,
    endSubmission: refuse,
    submissionOf: refuse,
    submittedSince: refuse,
    forgetBefore: refuse,
  };
}

function limitedConversations(conversations: ConversationStore, limit: CallerLimit): ConversationStore {
  return {
    create: () => limit.refuse('A conversation'),
    append: () => limit.refuse('A conversation'),
    get: async (id) => {
      const found = await conversations.get(id);
      return found === undefined ? undefined : (await limit.ownConversations([found]))[0];
    },
    listForAgent: (agentId, page) =>
      filled(page, (next) => conversations.listForAgent(agentId, next), {
        idOf: ({ id }) => id,
        keep: (found) => limit.ownConversations(found),
      }),
    deleteUnused: () => limit.refuse('What the sweep works on'),
  };
}

function limitedDefinitions({ definitions, placeAgents }: Storage, limit: CallerLimit): DefinitionStore {
  return {
    save: async (changes) => {
      if (changes.agents.length > 0 || changes.deletedAgents.length > 0) limit.refuse('An agent');
      for (const { definition } of changes.workflows) limit.needsWorkflow(definition.id);
      for (const id of changes.deletedPlaceAgents) {
        const { workflowId } = (await placeAgents.get(id)) ?? {};
        if (workflowId !== undefined) limit.needsWorkflow(workflowId);
      }
      return await definitions.save(changes);
    },
  };
}

function limitedExecutions(executions: ExecutionStore, limit: CallerLimit): ExecutionStore {
  return {
    create: () => limit.refuse('An execution without a token'),
    update: async (id, change) => {
      await limit.needsExecution(id);
      return await executions.update(id, change);
    },
    end: async (id, change) => {
      await limit.needsExecution(id);
      return await executions.end(id, change);
    },
    get: async (id) => limit.own(await executions.get(id)),
    getMany: async (ids) => (await executions.getMany(ids)).map((one) => limit.own(one)),
    list: (filter, page) => executions.list({ ...filter, ofWorkflows: limit.workflows }, page),
    listOutlines: (filter, page) => executions.listOutlines({ ...filter, ofWorkflows: limit.workflows }, page),
    claimTurn: async (id, turn, claim) => {
      await limit.needsExecution(id);
      return await executions.claimTurn(id, turn, claim);
    },
    storeTurn: async (id, turn, finished) => {
      await limit.needsExecution(id);
      return await executions.storeTurn(id, turn, finished);
    },
    getTurn: async (id, turn) => {
      await limit.needsExecution(id);
      return await executions.getTurn(id, turn);
    },
    listUnclosed: () => limit.refuse('What the sweep works on'),
    listExpiredStreams: () => limit.refuse('What the sweep works on'),
    markStreamsRemoved: () => limit.refuse('What the sweep works on'),
    listEndedAlone: () => limit.refuse('What the sweep works on'),
    delete: async (ids, how) => {
      for (const id of ids) await limit.needsExecution(id);
      return await executions.delete(ids, how);
    },
    listDeleted: () => limit.refuse('What the sweep works on'),
    forgetDeleted: () => limit.refuse('What the sweep works on'),
  };
}

function limitedPlaceAgents(placeAgents: PlaceAgentStore, limit: CallerLimit): PlaceAgentStore {
  const none: readonly never[] = [];
  return {
    create: async (agent) => {
      limit.needsWorkflow(agent.workflowId);
      return await placeAgents.create(agent);
    },
    delete: async (id) => limit.own(await placeAgents.get(id)) !== undefined && (await placeAgents.delete(id)),
    get: async (id) => limit.own(await placeAgents.get(id)),
    list: (filter, page) => placeAgents.list({ ...filter, ofWorkflows: limit.workflows }, page),
    listForWorkflow: (id) => (limit.has(id) ? placeAgents.listForWorkflow(id) : Promise.resolve(none)),
    listForWorkflows: async (ids) =>
      (await placeAgents.listForWorkflows(ids)).map((found, index) => (limit.has(ids[index]) ? found : none)),
    listChanges: async () => (await placeAgents.listChanges()).filter(({ workflowId }) => limit.has(workflowId)),
    settleChange: async (change) => {
      limit.needsWorkflow(change.workflowId);
      await placeAgents.settleChange(change);
    },
  };
}

/** Keys are everybody's: that one rests keeps others from it. */
function limitedProviderKeys(limit: CallerLimit): ProviderKeyStore {
  const refuse = () => limit.refuse('Which keys rest');
  return { mark: refuse, list: refuse, clearRefusals: refuse };
}

function limitedTokens(tokens: TokenStore, limit: CallerLimit): TokenStore {
  return {
    record: () => limit.refuse('A record of a token'),
    appendEvent: async (id, event) => {
      await limit.needsToken(id);
      await tokens.appendEvent(id, event);
    },
    terminate: async (id, how) => {
      await limit.needsToken(id);
      return await tokens.terminate(id, how);
    },
    get: async (id) => limit.own(await tokens.get(id)),
    getMany: async (ids) => (await tokens.getMany(ids)).map((token) => limit.own(token)),
    // Whether an id is taken has to be known before a token is started under it.
    originOf: (id) => tokens.originOf(id),
    list: (filter, page) => tokens.list({ ...filter, ofWorkflows: limit.workflows }, page),
    listEvents: async (id, range) =>
      limit.own(await tokens.get(id)) === undefined ? [] : await tokens.listEvents(id, range),
    newestEvent: async (id) => limit.own(await tokens.newestEvent(id)),
    countActive: () => limit.refuse('Where all tokens are'),
    readFeed: () => limit.refuse('The feed of all tokens'),
    watchFeed: () => limit.refuse('The feed of all tokens'),
    listEnded: () => limit.refuse('What the sweep works on'),
    delete: async (id, how) => {
      await limit.needsToken(id);
      return await tokens.delete(id, how);
    },
    deletedRunOf: () => limit.refuse('A record of a token'),
    forgetDeleted: () => limit.refuse('What the sweep works on'),
  };
}

function limitedTools(tools: ToolStore, limit: CallerLimit): ToolStore {
  return {
    offer: () => limit.refuse('What workers offer'),
    withdraw: () => limit.refuse('What workers offer'),
    keepServers: () => limit.refuse('What workers offer'),
    servers: () => tools.servers(),
    offers: () => tools.offers(),
    beginCall: () => limit.refuse('A call of a tool'),
    endCall: () => limit.refuse('A call of a tool'),
    storeApproval: () => limit.refuse('What people are asked'),
    approvals: async (ids) => {
      const own = await limit.ownExecutions(ids);
      return (await tools.approvals(ids)).map((found, index) => (own[index] === true ? found : []));
    },
    listWaiting: (page) => tools.listWaiting(page, { ofWorkflows: limit.workflows }),
    outcomes: async (id, turn) => {
      await limit.needsExecution(id);
      return await tools.outcomes(id, turn);
    },
  };
}

function limitedWorkflows(workflows: WorkflowStore, limit: CallerLimit): WorkflowStore {
  return {
    save: async (id, content, facts) => {
      limit.needsWorkflow(id);
      return await workflows.save(id, content, facts);
    },
    get: async (id, version) => (limit.has(id) ? await workflows.get(id, version) : undefined),
    getMany: async (ids) =>
      (await workflows.getMany(ids)).map((found) => (limit.has(found?.definition.id) ? found : undefined)),
    list: (page) =>
      filled(page, (next) => workflows.list(next), {
        idOf: ({ definition }) => definition.id,
        keep: (found) => Promise.resolve(found.filter(({ definition }) => limit.has(definition.id))),
      }),
    usersOfAgent: () => limit.refuse('Where an agent is used'),
  };
}

interface ListPage {
  readonly first: number;
  readonly after?: string;
}

interface Filling<Item> {
  readonly idOf: (item: Item) => string;
  readonly keep: (items: readonly Item[]) => Promise<readonly Item[]>;
}

/** A page with as many as were asked for, or all there are: what is not theirs leaves no hole, which would look like the end. */
async function filled<Item>(
  { first, after }: ListPage,
  read: (page: ListPage) => Promise<readonly Item[]>,
  { idOf, keep }: Filling<Item>,
): Promise<readonly Item[]> {
  const kept: Item[] = [];
  let last = after;
  for (;;) {
    const found = await read({ first, ...(last === undefined ? {} : { after: last }) });
    kept.push(...(await keep(found)));
    const end = found.at(-1);
    if (kept.length >= first || found.length < first || end === undefined) return kept.slice(0, first);
    last = idOf(end);
  }
}
