/**
 * Records the histories that the replay tests replay: run it when a change of the workflows is meant to change them.
 *
 *     npm run record-history
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

import { ModelError } from '../../src/core/model-error.js';
import type { ModelEvent, ModelRequest } from '../../src/core/turn.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from './builders.js';
import { FINISH } from './scripted-model.js';
import { startWorkerUnderTest } from './worker-under-test.js';

const FOLDER = fileURLToPath(new URL('../workflows/histories/', import.meta.url));

class Reviewer implements LanguageModel {
  async *stream(request: ModelRequest): AsyncGenerator<ModelEvent> {
    await Promise.resolve();
    if (request.messages.at(-1)?.content.includes('FAIL') === true) throw new ModelError('auth', 'The key is wrong.');
    yield { type: 'text', text: '{"assessment": "APPROVE"}' };
    yield { type: 'finish', finish: FINISH };
  }
}

const content = aWorkflow({
  transitions: [
    aTransition({ id: 'skip', toPlace: 'done' }),
    aTransition({
      id: 'review',
      agentExecution: anAgentTransition({
        inputMapping: { text: 'data.text' },
        outputMapping: { 'data.verdict': 'assessment' },
      }),
    }),
    aTransition({
      id: 'publish',
      fromPlaces: ['reviewed'],
      toPlace: 'done',
      trigger: 'automatic',
      rules: [{ type: 'FieldEquals', field: 'data.verdict', value: 'APPROVE' }],
    }),
  ],
});

const under = await startWorkerUnderTest(new Reviewer());
await under.storage.agents.create('reviewer', anAgent(), NOW);
await under.storage.workflows.save('review', content, { hash: 'h', now: NOW });
await mkdir(FOLDER, { recursive: true });
for (const name of await readdir(FOLDER)) await rm(`${FOLDER}${name}`);

await recordReviewed();
await recordSkippedBySignal();
await recordFailed();
await under.stop();

async function start(id: string, data: object) {
  const args = [{ workflowId: 'review', data }];
  return await under.client.workflow.start('tokenLifecycle', { taskQueue: under.taskQueue, workflowId: id, args });
}

/** An agent's answer moves the token, and an automatic transition finishes it. Also what a broken history looks like. */
async function recordReviewed(): Promise<void> {
  const handle = await start('reviewed', { text: 'Hello' });
  await handle.executeUpdate('fire', { args: [{ transitionId: 'review', idempotencyKey: 'k' }] });
  await handle.result();
  const history = await save('token-reviewed', 'reviewed');
  await save('execution-completed', 'reviewed:review:1');
  const broken = history.replaceAll('"agentExecution"', '"anotherWorkflow"');
  await writeFile(`${FOLDER}broken-token-starts-another-child.json`, broken);
}

async function recordSkippedBySignal(): Promise<void> {
  const handle = await start('signalled', {});
  await handle.signal('fireTransition', { transitionId: 'review' });
  await handle.signal('fireTransition', { transitionId: 'skip' });
  await handle.result();
  await save('token-refused-then-moved-by-signal', 'signalled');
}

/** A required agent fails: an incident stands, and another transition resolves it. */
async function recordFailed(): Promise<void> {
  const handle = await start('failed', { text: 'FAIL' });
  const { executionId } = await handle.executeUpdate<{ executionId: string }, [object]>('fire', {
    args: [{ transitionId: 'review' }],
  });
  await under.client.workflow
    .getHandle(executionId)
    .result()
    .catch(() => undefined);
  for (;;) {
    const { incident } = await handle.query<{ incident?: object }>('token');
    if (incident !== undefined) break;
  }
  await handle.executeUpdate('fire', { args: [{ transitionId: 'skip' }] });
  await handle.result();
  await save('token-failed-then-moved', 'failed');
  await save('execution-failed', executionId);
}

async function save(name: string, workflowId: string): Promise<string> {
  const history = historyToJSON(await under.client.workflow.getHandle(workflowId).fetchHistory());
  await writeFile(`${FOLDER}${name}.json`, history);
  return history;
}
