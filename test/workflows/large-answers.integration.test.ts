import { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ExecutionResult } from '../../src/core/executions/execution.js';
import type { ModelEvent } from '../../src/core/executions/turn.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

const MIB = 1024 * 1024;

/** Answers what the test has put into its mouth, in pieces. */
class Speaker implements LanguageModel {
  calls = 0;
  answer = '';

  async *stream(): AsyncGenerator<ModelEvent> {
    this.calls += 1;
    for (let at = 0; at < this.answer.length; at += 50_000) {
      yield { type: 'text', text: this.answer.slice(at, at + 50_000) };
      await Promise.resolve();
    }
    yield { type: 'finish', finish: FINISH };
  }
}

const model = new Speaker();
let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(model);
  const outputSchema = { type: 'object', properties: { verdict: { type: 'string' } }, required: ['verdict'] };
  await under.storage.agents.create('reviewer', anAgent({ outputSchema }), NOW);
  const agentExecution = anAgentTransition({ outputMapping: { 'data.verdict': 'verdict' } });
  const content = aWorkflow({ transitions: [aTransition({ id: 'review', toPlace: 'done', agentExecution })] });
  await under.storage.workflows.save('review', content, { hash: 'h', now: NOW });
});
afterAll(async () => {
  await under.stop();
});

/** JSON of so many bytes, with as many quotes as such answers have. */
function answerOf(bytes: number): string {
  const head = '{"verdict":"APPROVE","notes":[';
  const note = '"a note",';
  return `${head}${note.repeat((bytes - head.length - 4) / note.length)}""]}`;
}

async function reviewed(id: string): Promise<Token> {
  const handle = await under.client.workflow.start('tokenLifecycle', {
    taskQueue: under.taskQueue,
    workflowId: id,
    args: [{ workflowId: 'review' }],
  });
  await handle.executeUpdate('fire', { args: [{ transitionId: 'review' }] });
  return (await handle.result()) as Token;
}

describe('a structured answer of nearly a mebibyte', () => {
  it('completes its execution and moves its token, whole in storage and in the result', async () => {
    model.answer = answerOf(MIB - 50);
    expect(await reviewed('large')).toMatchObject({ place: 'done', data: { verdict: 'APPROVE' } });
    const execution = await under.storage.executions.get('large:review:1');
    expect(execution).toMatchObject({ status: 'COMPLETED', output: JSON.parse(model.answer) as object });
    expect(execution?.finalResponse).toBe(model.answer);
    const result = (await under.client.workflow.getHandle('large:review:1').result()) as ExecutionResult;
    expect(result).toMatchObject({ response: model.answer, outputAt: { start: 0, end: model.answer.length } });
  });

  it(
    'does so also where storage is too slow for the quick try, and all of it travels through Temporal',
    { tags: 'storage-slow' },
    async () => {
      const { executions } = under.storage;
      const update = executions.update.bind(executions);
      executions.update = async (id, change) => {
        if (change.status === 'COMPLETED') await new Promise((resolve) => setTimeout(resolve, 1300));
        return await update(id, change);
      };
      model.answer = answerOf(MIB - 50);
      expect(await reviewed('large-and-slow')).toMatchObject({ place: 'done', data: { verdict: 'APPROVE' } });
      executions.update = update;
    },
  );

  it('is refused after one call where Temporal would not take it', async () => {
    model.calls = 0;
    model.answer = `{"verdict":"APPROVE"${'\n'.repeat(MIB - 50)}}`;
    const handle = await under.client.workflow.start('tokenLifecycle', {
      taskQueue: under.taskQueue,
      workflowId: 'too-large',
      args: [{ workflowId: 'review' }],
    });
    const fire = { args: [{ transitionId: 'review' }] };
    const { executionId } = await handle.executeUpdate<{ executionId: string }, [object]>('fire', fire as never);
    const ended = under.client.workflow.getHandle(executionId).result();
    const failure: unknown = await ended.catch((error: unknown) => error);
    expect(failure instanceof WorkflowFailedError && failure.cause).toMatchObject({ type: 'answer_too_large' });
    expect(model.calls).toBe(1);
    await handle.terminate();
  });
});
