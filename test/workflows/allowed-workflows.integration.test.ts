import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AGENT_EXECUTION } from '../../src/contract/messages.js';
import type { WorkflowContent } from '../../src/core/definitions/definition.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import { anAgent, anAgentTransition, aPlaceAgent, aTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { FINISH, ScriptedModel } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** A token, and how it comes to run the agent after that was closed to its workflow. */
interface Way {
  readonly content: (agentId: string) => Partial<WorkflowContent>;
  /** Before the agent is changed, with the token there. */
  readonly before?: (handle: WorkflowHandle) => Promise<unknown>;
  readonly run: (handle: WorkflowHandle, agentId: string) => Promise<unknown>;
}

const OTHERS_ONLY = { allowedWorkflows: ['others-only'] };

const fire = (transitionId: string) => (handle: WorkflowHandle) =>
  handle.executeUpdate('fire', { args: [{ transitionId }] });
const nothing = () => Promise.resolve();
const away = aTransition({ id: 'away' });
const back = aTransition({ id: 'back', fromPlaces: ['reviewed'], toPlace: 'submitted' });
const finish = aTransition({ id: 'finish', fromPlaces: ['reviewed'], toPlace: 'done' });
const asking = (agentId: string, use: object = {}) => ({
  transitions: [aTransition({ id: 'ask', agentExecution: anAgentTransition({ agentId, ...use }) }), finish],
});
const there = (agentId: string, use: object = {}) => ({
  transitions: [away, back, finish],
  placeAgents: [aPlaceAgent({ agentId, placeId: 'reviewed', ...use })],
});

const WAYS: readonly (readonly [string, Way])[] = [
  ['a transition', { content: asking, run: fire('ask') }],
  ['a transition that keeps to a version', { content: (id) => asking(id, { agentVersion: 1 }), run: fire('ask') }],
  [
    'an automatic transition',
    {
      content: (agentId) => ({
        transitions: [away, { ...finish, trigger: 'automatic', agentExecution: anAgentTransition({ agentId }) }],
      }),
      run: fire('away'),
    },
  ],
  ['the agent of a place, on arrival', { content: there, run: fire('away') }],
  [
    'the agent of a place that keeps to a version',
    { content: (id) => there(id, { agentVersion: 1 }), run: fire('away') },
  ],
  [
    'the schedule of a place, after a run that was allowed',
    {
      content: (id) => there(id, { schedule: { intervalSeconds: 2 } }),
      before: fire('away'),
      run: nothing,
    },
  ],
  [
    'the agents of a place that are asked for',
    {
      content: (id) => there(id, { schedule: { initialDelaySeconds: 86_400 } }),
      before: fire('away'),
      run: (handle) => handle.executeUpdate('triggerPlaceAgents'),
    },
  ],
  [
    'an agent that was added to the place',
    {
      content: () => ({ transitions: [away, back, finish] }),
      before: fire('away'),
      run: async (handle, agentId) => {
        const added = aPlaceAgent({ id: handle.workflowId, agentId, placeId: 'reviewed' });
        await under.storage.placeAgents.create({ ...added, workflowId: handle.workflowId, createdAt: NOW });
        await handle.signal('placeAgentsChanged');
      },
    },
  ],
];

let under: WorkerUnderTest;
const model = new ScriptedModel(['Done.', FINISH]);

beforeAll(async () => {
  under = await startWorkerUnderTest(model);
});
afterAll(() => under.stop());

const change = (id: string, fields: object) => under.storage.agents.update(id, { content: anAgent(fields), now: NOW });

async function begin(workflowId: string, message: object): Promise<WorkflowHandle> {
  const { taskQueue } = under;
  return await under.client.workflow.start('tokenLifecycle', { taskQueue, workflowId, args: [message] });
}

/** The newest execution of a token, once it has ended. */
async function ended(tokenId: string, outcome: Partial<AgentExecution>): Promise<readonly AgentExecution[]> {
  return await eventually(async () => {
    const { items } = await under.storage.executions.list({ tokenId }, { first: 50 });
    const executions = items.map(({ item }) => item);
    expect(executions).toContainEqual(expect.objectContaining(outcome));
    return executions;
  });
}

async function stopped(handle: WorkflowHandle, executionId: string): Promise<void> {
  await eventually(async () => {
    const incident = { code: 'agent_forbidden', executionId };
    expect(await handle.query('token')).toMatchObject({ place: 'submitted', incident });
  });
}

const FORBIDDEN = { status: 'FAILED', errorCode: 'agent_forbidden' } as const;

describe('an agent that was closed to a workflow after the workflow was saved', () => {
  it.each(WAYS)('does not run by %s', async (name, { content, before = nothing, run }) => {
    const id = name.replaceAll(/[^a-z]+/g, '-');
    await under.storage.agents.create(id, anAgent({ allowedWorkflows: [id] }), NOW);
    await under.storage.workflows.save(id, aWorkflow(content(id)), { hash: id, now: NOW });
    const handle = await begin(id, { workflowId: id });
    await before(handle);
    const isScheduled = name.startsWith('the schedule');
    if (isScheduled) await ended(id, { status: 'COMPLETED' });
    await change(id, OTHERS_ONLY);
    const asked = model.requests.length;
    await run(handle, id);
    const executions = await ended(id, FORBIDDEN);
    expect(executions.find(({ errorCode }) => errorCode === 'agent_forbidden')?.errorMessage).toBe(
      `Agent "${id}" is not allowed in workflow "${id}": see its allowedWorkflows.`,
    );
    if (!isScheduled) expect([model.requests.length, executions.length]).toEqual([asked, 1]);
    await handle.executeUpdate('cancel', { args: [{}] });
  });

  it('does not run by a retry, until it is open again', async () => {
    await under.storage.agents.create('retried', anAgent(), NOW);
    await under.storage.workflows.save('retried', aWorkflow(asking('retried')), { hash: 'r', now: NOW });
    const handle = await begin('retried', { workflowId: 'retried' });
    await change('retried', OTHERS_ONLY);
    await fire('ask')(handle);
    await stopped(handle, 'retried:ask:1');
    await handle.executeUpdate('retry');
    await stopped(handle, 'retried:ask:2');
    await change('retried', { allowedWorkflows: ['retried'] });
    await handle.executeUpdate('retry');
    await eventually(async () => {
      expect(await handle.query('token')).toMatchObject({ place: 'reviewed' });
    });
  });
});

describe('an agent that is for some workflows only', () => {
  const inline = {
    id: 'trusted',
    name: 'Trusted',
    places: ['submitted', 'reviewed'],
    initialPlace: 'submitted',
    transitions: [{ id: 'ask', fromPlaces: ['submitted'], toPlace: 'reviewed', agentExecution: { agentId: 'inline' } }],
  };

  it('is not for a definition that a token brings along and calls by the name of one of them', async () => {
    await under.storage.agents.create('inline', anAgent({ allowedWorkflows: ['trusted'] }), NOW);
    const failure: unknown = await (
      await begin('brought', { definition: inline })
    )
      .result()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ cause: { type: 'VALIDATION_FAILED' } });
    expect(JSON.stringify(failure)).toContain('AGENT_FORBIDDEN');
  });

  it('is for one that is named by what it is stored under, as long as that is so', async () => {
    await change('inline', {});
    const handle = await begin('brought-later', { definition: inline });
    const { workflowId } = await eventually(async () => {
      const token = await under.storage.tokens.get('brought-later');
      if (token === undefined) throw new Error('it is not there yet');
      return token;
    });
    await change('inline', { allowedWorkflows: [workflowId] });
    const again = await begin('brought-again', { definition: inline });
    await fire('ask')(again);
    await ended('brought-again', { status: 'COMPLETED' });
    await change('inline', OTHERS_ONLY);
    await fire('ask')(handle);
    await ended('brought-later', FORBIDDEN);
  });

  it('runs on its own: that belongs to no workflow', async () => {
    await under.storage.agents.create('alone', anAgent(OTHERS_ONLY), NOW);
    const args = [{ executionId: 'alone-1', agentId: 'alone', input: {} }];
    const options = { taskQueue: under.taskQueue, workflowId: 'alone-1', args };
    await (await under.client.workflow.start(AGENT_EXECUTION, options)).result();
    expect(await under.storage.executions.get('alone-1')).toMatchObject({ status: 'COMPLETED' });
  });
});
