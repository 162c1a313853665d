import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { builtInTools } from '../../../src/compose/built-in-tools.js';
import { AGENT_EXECUTION, TOKEN_LIFECYCLE } from '../../../src/contract/messages.js';
import { isEnded } from '../../../src/core/executions/execution.js';
import type { JsonObject, JsonValue } from '../../../src/core/json/json.js';
import { MockModel } from '../../../src/providers/mock/mock-model.js';
import { aPlaceAgent, aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../../support/builders.js';
import { eventually } from '../../support/eventually.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { schemasInThisThread } from '../../support/schemas.js';
import { gatewayOf, startWorkerUnderTest, type WorkerUnderTest } from '../../support/worker-under-test.js';
import { unmeasured } from '../../support/metrics.js';
import { untraced } from '../../support/traces.js';
import { mayNameThisMachine } from '../../support/this-machine.js';

const TOOLS = ['token.read', 'token.transitions', 'token.fire'];

let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(new MockModel(schemasInThisThread));
});

afterAll(async () => {
  await under.stop();
});

const calls = (...named: readonly (readonly [string, JsonObject])[]) => ({
  text: 'One moment.',
  toolCalls: named.map(([name, given]) => ({ name, arguments: given })),
});

/** An agent that takes its turns as they are written down. */
async function anAgentThat(id: string, responses: readonly JsonValue[], delayMs = 0): Promise<void> {
  const llmProvider = { type: 'mock', model: 'mock-1', headers: {}, options: { delayMs, responses } } as const;
  await under.storage.agents.create(id, anAgent({ llmProvider, tools: TOOLS }), NOW);
}

/** A token whose first place has the agent of its name, and a transition with one. */
async function aTokenOf(agentId: string, start: JsonObject = {}) {
  const transitions = [
    aTransition({ id: 'review', description: 'When it is readable.' }),
    aTransition({ id: 'publish', rules: [{ type: 'FieldExists', field: 'data.title' }] }),
    aTransition({
      id: 'judge',
      fromPlaces: ['reviewed'],
      toPlace: 'done',
      agentExecution: anAgentTransition({ agentId }),
    }),
  ];
  const placeAgents = [aPlaceAgent({ id: 'mover', agentId })];
  await under.storage.workflows.save(agentId, aWorkflow({ transitions, placeAgents }), { hash: agentId, now: NOW });
  const id = `token-of-${agentId}`;
  const args = [{ workflowId: agentId, ...start }];
  return await under.client.workflow.start(TOKEN_LIFECYCLE, { taskQueue: under.taskQueue, workflowId: id, args });
}

async function ended(executionId: string) {
  return await eventually(async () => {
    const execution = await under.storage.executions.get(executionId);
    if (execution === undefined || !isEnded(execution.status)) throw new Error('it has not ended yet');
    return execution;
  });
}

/** What the agent was told, call by call. */
async function told(executionId: string): Promise<readonly string[]> {
  const { conversationId } = await ended(executionId);
  const messages = (await under.storage.conversations.get(conversationId))?.messages ?? [];
  return messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
}

describe('an agent of a place', () => {
  it('looks at its token, sees where it may go, and moves it: its run is the cause, and ends as it would', async () => {
    await anAgentThat('mover', [
      calls(['token.read', {}], ['token.transitions', {}], ['token.fire', { transition: 'publish' }]),
      calls(['token.fire', { transition: 'review', data: { seen: true } }]),
      calls(['token.fire', { transition: 'judge' }]),
      'It is where it belongs.',
    ]);
    await aTokenOf('mover', { data: { text: 'Hello' }, metadata: { by: 'Ada' } });
    const executionId = 'token-of-mover:mover:1';
    expect(await ended(executionId)).toMatchObject({ status: 'COMPLETED', finalResponse: 'It is where it belongs.' });
    const [read = '', transitions = '', refused, fired = '', again] = await told(executionId);
    expect(JSON.parse(read)).toMatchObject({ token: { place: 'submitted', data: { text: 'Hello' } } });
    expect(JSON.parse(transitions)).toMatchObject({
      transitions: [
        { id: 'review', canFire: true },
        { id: 'publish', canFire: false, blockers: [expect.stringContaining('data.title')] },
      ],
    });
    expect(refused).toMatch(/^Error: Token .* does not take publish: .*data\.title.* Look at token\.transitions/);
    expect(JSON.parse(fired)).toMatchObject({ fired: 'review', place: 'reviewed' });
    expect(again).toMatch(/^Error: .* has left the place that execution token-of-mover:mover:1 runs for/);
    const token = await under.storage.tokens.get('token-of-mover');
    expect(token).toMatchObject({
      place: 'reviewed',
      data: { text: 'Hello', seen: true },
      history: [{ transition: 'review', executionId }],
    });
  });

  it('moves it once, however often a worker dies behind the call', { tags: 'worker-killed' }, async () => {
    // It runs as long as the test does.
    await anAgentThat('twice', ['Fine.'], 20_000);
    const handle = await aTokenOf('twice', { data: { text: 'Hello' } });
    await handle.executeUpdate('updateToken', { args: [{ metadata: { seen: true } }] });
    const temporal = gatewayOf(under);
    const fire = builtInTools({
      storage: under.storage,
      temporal,
      schemas: schemasInThisThread,
      mayName: mayNameThisMachine,
      metrics: unmeasured,
      traces: untraced,
      now: () => NOW,
    }).get('token.fire');
    const call = () =>
      fire?.run(
        { transition: 'review' },
        {
          signal: new AbortController().signal,
          executionId: 'token-of-twice:mover:1',
          idempotencyKey: 'token-of-twice:mover:1:1:0',
          token: { id: 'token-of-twice', workflowId: 'twice' },
          logger: new MemoryLogger(),
        },
      );
    expect([await call(), await call()]).toMatchObject([{ place: 'reviewed' }, { place: 'reviewed' }]);
    expect(await under.storage.tokens.get('token-of-twice')).toMatchObject({ transitionCount: 1 });
  });
});

describe('an agent of a transition', () => {
  it('is told that its transition is under way, and to answer', async () => {
    await anAgentThat('judge', [calls(['token.fire', { transition: 'judge' }], ['token.transitions', {}]), 'Good.']);
    const handle = await aTokenOf('judge', { initialPlace: 'reviewed' });
    await handle.executeUpdate('fire', { args: [{ transitionId: 'judge' }] });
    const [refused, transitions = ''] = await told('token-of-judge:judge:1');
    expect(refused).toMatch(
      /^Error: .*judge is running its agent.* it is taken when you have answered: answer instead/,
    );
    expect(JSON.parse(transitions)).toMatchObject({ transitions: [{ id: 'judge', canFire: false }] });
    await eventually(async () => {
      expect(await under.storage.tokens.get('token-of-judge')).toMatchObject({ place: 'done', status: 'COMPLETED' });
    });
  });
});

it('an execution without a token is told that it has none', async () => {
  await anAgentThat('free', [calls(['token.read', {}]), 'I see.']);
  const [taskQueue, executionId] = [under.taskQueue, 'free-1'];
  const args = [{ executionId, agentId: 'free', input: 'Hello' }];
  await under.client.workflow.execute(AGENT_EXECUTION, { taskQueue, workflowId: executionId, args });
  expect(await told(executionId)).toEqual([expect.stringContaining('You run for no token') as string]);
});
