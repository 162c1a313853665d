import type { JsonObject, JsonValue } from '../../src/core/json/json.js';
import { pageOf } from '../../src/storage/page-cursor.js';
import { createAgent, createToken, createWorkflow, graphql } from './api-client.js';
import { eventually } from './eventually.js';

/** How each mutation of the API is asked for well: with all that it takes, so that each of it may be something else. */
export interface MutationExample {
  /** Arguments that are taken; new ones at each call, since most can be used once. */
  readonly fresh: () => Promise<JsonObject>;
  /** What it takes besides, and refuses in any case. */
  readonly besides?: JsonObject;
  /** What came of it, to be read by an id. */
  readonly read?: {
    readonly what: 'agent' | 'agentExecution' | 'placeAgent' | 'token' | 'workflow';
    readonly id: (args: JsonObject) => string;
  };
}

const BUDGET = { maxCostUsdPerExecution: 0.5, maxCostUsdPerDay: 20, maxTokensPerDay: 5_000_000 };

const LLM_CONFIG = {
  temperature: 0.5,
  maxTokens: 500,
  topP: 0.9,
  frequencyPenalty: 0.1,
  presencePenalty: 0.1,
  stopSequences: ['THE END'],
};
const RETRY = { maxAttempts: 2, backoffSeconds: 1.5, retryOnErrors: ['timeout'] };
const RULE = { type: 'FieldEquals', field: 'data.kind', value: 'memo', id: 'a-memo', description: 'It is a memo' };
const MAPPINGS = { inputMapping: { text: 'data.text' }, outputMapping: { 'data.said': 'response' } };

function ownProvider(model: string): JsonObject {
  return {
    type: 'custom',
    model,
    baseUrl: 'http://127.0.0.1:9/v1',
    headers: { 'x-team': 'documents' },
    credential: 'CREDENTIAL_HOUSE',
    options: { extraBody: { user: 'documents' } },
  };
}

function agentInput(id: string): JsonObject {
  return {
    id,
    name: 'Writer',
    description: 'Writes',
    llmProvider: ownProvider('house-model'),
    fallbacks: [{ llmProvider: ownProvider('other-model'), on: ['overloaded', 'timeout'] }],
    llmConfig: LLM_CONFIG,
    prompts: { system: 'You write.', userTemplate: 'About {input_data}', contextInstructions: 'Be short.' },
    capabilities: ['writing'],
    tools: [],
    outputSchema: { type: 'object', properties: { said: { type: 'string', description: 'What is said' } } },
    allowedWorkflows: ['writing'],
    maxTurns: 3,
    maxToolCalls: 5,
    approvalRequired: [],
    approvalTimeoutSeconds: 3600,
    cache: { ttlSeconds: 60, scope: 'WORKFLOW' },
    strictParameters: false,
    budget: BUDGET,
    delivery: 'stream',
    maxWaitSeconds: 3600,
  };
}

function placeAgentInput(id: string, workflowId: string): JsonObject {
  return {
    id,
    workflowId,
    placeId: 'a',
    agentId: 'plain',
    agentVersion: 1,
    agentVersions: [{ version: 1, percent: 100 }],
    enabled: true,
    model: 'another-model',
    llmConfig: LLM_CONFIG,
    triggerConditions: [RULE],
    ...MAPPINGS,
    autoTransition: 'go',
    schedule: { initialDelaySeconds: 900, intervalSeconds: 900, maxExecutions: 3 },
    timeoutSeconds: 30,
    retryConfig: RETRY,
    delivery: 'stream',
    rollout: { mode: 'on', percent: 100 },
  };
}

/** Also what a plain Temporal client may give inline. */
export function workflowInput(id: string): JsonObject {
  const agentExecution = {
    agentId: 'plain',
    agentVersion: 1,
    agentVersions: [{ version: 1, percent: 100 }],
    enabled: true,
    model: 'another-model',
    llmConfig: LLM_CONFIG,
    ...MAPPINGS,
    required: true,
    timeoutSeconds: 30,
    retryConfig: RETRY,
    delivery: 'stream',
    rollout: { mode: 'on', percent: 100 },
  };
  const transition = {
    id: 'go',
    name: 'Go',
    description: 'Goes on',
    fromPlaces: ['a'],
    toPlace: 'b',
    trigger: 'manual',
    conditions: ['urgent'],
    rules: [RULE],
    agentExecution,
  };
  return {
    id,
    name: 'Writing',
    description: 'How texts are written',
    places: ['a', 'b'],
    initialPlace: 'a',
    transitions: [transition],
    rules: { urgent: { ...RULE, id: 'urgent' } },
    placeAgents: [placeAgentInput(`${id}-writer`, id)],
    budget: BUDGET,
  };
}

/** Places `a` and `b` with an end behind them, nothing in the way, and an agent that is told what the token has. */
export const OPEN_NET = {
  places: ['a', 'b', 'c'],
  initialPlace: 'a',
  transitions: [
    { id: 'go', fromPlaces: ['a'], toPlace: 'b' },
    { id: 'on', fromPlaces: ['b'], toPlace: 'c' },
  ],
};

/** The examples on a server that has the agent `plain` and the workflow `open`. */
export function mutationExamples(address: string): Readonly<Record<string, MutationExample>> {
  let count = 0;
  const newId = () => `it-${(count += 1)}`;
  const newToken = () => createToken(address, { id: newId(), workflowId: 'open', data: { text: 'clean' } });
  /** A call that waits for a person: of a tool that every worker has. */
  const newAskedCall = async (): Promise<JsonObject> => {
    const id = newId();
    const responses = [{ toolCalls: [{ name: 'token.read', arguments: {} }] }, 'fine'];
    await createAgent(address, {
      id,
      name: id,
      llmProvider: { type: 'mock', model: 'mock-1', options: { responses, delayMs: 0 } },
      prompts: { system: 'You answer.', userTemplate: 'Look at {input_data}' },
      tools: ['token.read'],
      approvalRequired: ['token.read'],
    });
    await graphql(address, 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }', {
      input: { id, agentId: id, input: 'q' },
    });
    const toolCallId = await eventually(async () => {
      const query = 'query ($id: String!) { agentExecution(id: $id) { pendingApprovals { toolCallId } } }';
      const { agentExecution } = await graphql<{
        agentExecution: { pendingApprovals: readonly { toolCallId: string }[] };
      }>(address, query, { id });
      const [call] = agentExecution.pendingApprovals;
      if (call === undefined) throw new Error('nobody is asked yet');
      return call.toolCallId;
    });
    return { executionId: id, toolCallId };
  };
  const newHost = async () => {
    const id = newId();
    const agentExecution = { agentId: 'plain' };
    const transitions = [{ id: 'go', fromPlaces: ['a'], toPlace: 'b', agentExecution }];
    await createWorkflow(address, { id, name: id, places: ['a', 'b'], initialPlace: 'a', transitions });
    return id;
  };
  const member = (name: string) => (args: JsonObject) => textOf((args['input'] as JsonObject)[name]);
  const idOf = member('id');
  const byId = (args: JsonObject) => textOf(args['id']);
  const tools = { input: { tools: ['reader'], approvalRequired: ['reader'] } };
  return {
    applyDefinitions: {
      fresh: async () => {
        const [agent, workflow, unused] = [newId(), newId(), newId()];
        await createAgent(address, agentInput(unused));
        const definitions = { agents: [agentInput(agent)], workflows: [workflowInput(workflow)] };
        const input = { ...definitions, deleteAgents: [unused], deletePlaceAgents: [newId()] };
        return { input, dryRun: false };
      },
      besides: { input: { agents: [{ ...agentInput('never'), tools: ['reader'], approvalRequired: ['reader'] }] } },
    },
    createAgent: {
      fresh: () => Promise.resolve({ input: agentInput(newId()) }),
      besides: tools,
      read: { what: 'agent', id: idOf },
    },
    updateAgent: {
      fresh: async () => {
        const id = newId();
        await createAgent(address, agentInput(id));
        return { id, input: agentInput(id), expectedVersion: 1 };
      },
      besides: tools,
      read: { what: 'agent', id: byId },
    },
    deleteAgent: {
      fresh: async () => {
        const id = newId();
        await createAgent(address, agentInput(id));
        return { id };
      },
    },
    purgeCache: { fresh: () => Promise.resolve({ agentId: 'plain' }) },
    executeAgent: {
      fresh: () => {
        const [id, conversationId] = [newId(), newId()];
        const input = { text: 'clean', more: { within: ['clean'] } };
        return Promise.resolve({
          input: { id, agentId: 'plain', agentVersion: 1, input, conversationId, bypassCache: true },
        });
      },
      read: { what: 'agentExecution', id: idOf },
    },
    cancelAgentExecution: { fresh: () => Promise.resolve({ id: 'asked', reason: 'not needed' }) },
    approveToolCall: { fresh: async () => ({ ...(await newAskedCall()), arguments: { path: 'data.text' } }) },
    rejectToolCall: { fresh: async () => ({ ...(await newAskedCall()), reason: 'not needed', stop: true }) },
    createToken: {
      fresh: () => {
        const data = { text: 'clean', more: { within: ['clean'] } };
        const input = { id: newId(), workflowId: 'open', workflowVersion: 1, initialPlace: 'a', data };
        return Promise.resolve({ input: { ...input, metadata: { kind: 'clean' } } });
      },
      read: { what: 'token', id: idOf },
    },
    fireTransition: {
      fresh: async () => {
        const fire = { transitionId: 'go', data: { text: 'clean' }, idempotencyKey: 'once', expectedVersion: 1 };
        return { input: { tokenId: await newToken(), ...fire } };
      },
      read: { what: 'token', id: member('tokenId') },
    },
    updateToken: {
      fresh: async () => ({
        id: await newToken(),
        data: { text: 'clean' },
        metadata: { kind: 'clean' },
        expectedVersion: 1,
      }),
      read: { what: 'token', id: byId },
    },
    retryToken: { fresh: async () => ({ id: await newToken() }) },
    cancelToken: {
      fresh: async () => ({ id: await newToken(), reason: 'not needed' }),
      read: { what: 'token', id: byId },
    },
    deleteToken: {
      fresh: async () => {
        const id = await newToken();
        await graphql(address, 'mutation ($id: String!) { cancelToken(id: $id) { id } }', { id });
        return { id };
      },
    },
    triggerPlaceAgents: { fresh: async () => ({ tokenId: await newToken() }) },
    migrateTokens: {
      fresh: async () => {
        const workflowId = newId();
        const version = (name: string) => createWorkflow(address, { id: workflowId, name, ...OPEN_NET });
        await version('First');
        await createToken(address, { id: newId(), workflowId });
        await version('Second');
        const placeMapping = [{ from: 'a', to: 'b' }];
        // Of a page behind which all come.
        const after = pageOf([{ createdAt: '9999-12-31T00:00:00.000Z', id: 'z' }], { first: 1 }).items[0]?.cursor ?? '';
        return { workflowId, fromVersion: 1, toVersion: 2, placeMapping, dryRun: false, first: 10, after };
      },
    },
    createWorkflow: {
      fresh: () => Promise.resolve({ input: workflowInput(newId()) }),
      read: { what: 'workflow', id: idOf },
    },
    createPlaceAgentConfig: {
      fresh: async () => ({ input: placeAgentInput(newId(), await newHost()) }),
      read: { what: 'placeAgent', id: member('workflowId') },
    },
    setLogLevel: { fresh: () => Promise.resolve({ level: 'warn' }) },
    clearRollout: {
      fresh: async () => ({ workflowId: await newHost(), transitionId: 'go' }),
      besides: { placeAgentId: 'other' },
    },
    setRollout: {
      fresh: async () => {
        const agentVersions = [{ version: 1, percent: 100 }];
        return {
          workflowId: await newHost(),
          transitionId: 'go',
          mode: 'on',
          percent: 50,
          maxErrorRate: 0.5,
          agentVersions,
        };
      },
      besides: { placeAgentId: 'other' },
    },
    deletePlaceAgentConfig: { fresh: () => Promise.resolve({ id: newId() }) },
    createStreamTicket: { fresh: () => Promise.resolve({ executionId: 'asked' }) },
  };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
