import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { AGENT_EXECUTION, TOKEN_LIFECYCLE, type FireAccepted } from '../../src/contract/messages.js';
import type { AgentExecution } from '../../src/core/executions/execution.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Answers with what it was asked last, and holds back what it was asked to WAIT with. */
class EchoingModel implements LanguageModel {
  #goOn: () => void = () => undefined;
  readonly #mayGoOn = new Promise<void>((resolve) => {
    this.#goOn = resolve;
  });

  goOn(): void {
    this.#goOn();
  }

  async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
    const asked = request.messages.at(-1)?.content ?? '';
    yield { type: 'text', text: `re: ${asked}` };
    if (asked.includes('WAIT')) await this.#mayGoOn;
    yield { type: 'finish', finish: FINISH };
  }
}

const model = new EchoingModel();
let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(model);
  await under.storage.agents.create('reviewer', anAgent(), NOW);
  for (const transition of ['review', 'legal:review']) {
    const agentExecution = anAgentTransition({ outputMapping: { 'data.answer': 'response' } });
    const content = aWorkflow({ transitions: [aTransition({ id: transition, toPlace: 'done', agentExecution })] });
    await under.storage.workflows.save(transition, content, { hash: transition, now: NOW });
  }
});

afterAll(async () => {
  await under.stop();
});

async function startToken(workflowId: string, transition: string, text: string): Promise<WorkflowHandle> {
  const args = [{ workflowId: transition, data: { text } }];
  return await under.client.workflow.start(TOKEN_LIFECYCLE, { taskQueue: under.taskQueue, workflowId, args });
}

async function fire(handle: WorkflowHandle, transitionId: string): Promise<string> {
  const { executionId = '' } = await handle.executeUpdate<FireAccepted, [object]>('fire', { args: [{ transitionId }] });
  return executionId;
}

async function startExecution(executionId: string, more: object = {}): Promise<WorkflowHandle> {
  const args = [{ executionId, agentId: 'reviewer', input: executionId, ...more }];
  return await under.client.workflow.start(AGENT_EXECUTION, {
    taskQueue: under.taskQueue,
    workflowId: executionId,
    args,
  });
}

async function ended(executionId: string): Promise<AgentExecution> {
  return await eventually(async () => {
    const execution = await under.storage.executions.get(executionId);
    if (execution?.completedAt === undefined) throw new Error(`${executionId} has not ended`);
    return execution;
  });
}

describe('identity', () => {
  it('asks and answers each of sixty questions that come to one conversation at once', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `question-${n}`);
    await Promise.all(ids.map((id) => startExecution(id, { conversationId: 'talk' })));
    const executions = await Promise.all(ids.map(ended));
    const stored = await under.storage.conversations.get('talk');
    const said = (role: string) =>
      (stored?.messages ?? []).flatMap((message) => (message.role === role ? [message.content] : []));
    expect(executions.map(({ status }) => status)).toEqual(ids.map(() => 'COMPLETED'));
    expect(executions.map(({ finalResponse }) => finalResponse)).toEqual(ids.map((id) => `re: Review: ${id}`));
    expect(said('user').sort()).toEqual(ids.map((id) => `Review: ${id}`).sort());
    expect(said('assistant').sort()).toEqual(ids.map((id) => `re: Review: ${id}`).sort());
    expect(said('system')).toEqual(['You review.']);
  });

  it('keeps executions apart whose tokens and transitions have ids that are joined to the same text', async () => {
    const [one, other] = await Promise.all([
      startToken('x', 'legal:review', 'first'),
      startToken('x:legal', 'review', 'second'),
    ]);
    const ids = await Promise.all([fire(one, 'legal:review'), fire(other, 'review')]);
    const tokens = (await Promise.all([one.result(), other.result()])) as Token[];
    expect(tokens.map(({ status, data }) => [status, data['text']])).toEqual([
      ['COMPLETED', 'first'],
      ['COMPLETED', 'second'],
    ]);
    const executions = await under.storage.executions.getMany(ids);
    expect(executions.map((execution) => execution?.tokenId)).toEqual(['x', 'x:legal']);
  });

  it('gives a token the next id where somebody runs an execution under the one that it was to have', async () => {
    await startExecution('doc:review:1', { input: 'WAIT' });
    const token = await startToken('doc', 'review', 'mine');
    expect(await fire(token, 'review')).toBe('doc:review:2');
    expect((await token.result()) as Token).toMatchObject({
      place: 'done',
      history: [{ executionId: 'doc:review:2' }],
    });
    expect(await under.storage.executions.get('doc:review:1')).toMatchObject({ status: 'RUNNING' });
    model.goOn();
    expect(await ended('doc:review:1')).toMatchObject({ status: 'COMPLETED', finalResponse: 're: Review: WAIT' });
  });

  it("lets another team's workflow be that has the id of an execution, also when the token is cancelled", async () => {
    const workflowId = 'payments0:review:1';
    const theirs = await under.client.workflow.start('nightly', { taskQueue: 'another-team', workflowId });
    const token = await startToken('payments0', 'review', 'mine');
    await token.signal('fireTransition', { transitionId: 'review' });
    await token.executeUpdate('cancel', { args: [{}] });
    await token.result();
    const { status, raw } = await theirs.describe();
    expect(status.name).toBe('RUNNING');
    expect(raw.workflowExecutionInfo?.historyLength?.toNumber()).toBe(2);
    expect((await ended(workflowId)).status).not.toBe('COMPLETED');
    await theirs.terminate();
  });
});
