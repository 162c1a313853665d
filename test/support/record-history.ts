/**
 * Records the histories that the replay tests replay: run it when a change of the workflows is meant to change them.
 *
 *     npm run record-history
 *
 * Those called `before-…` stay: they are of tokens that began before a change, and only older code could record them.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';

import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { z } from 'zod';

import { CircuitBreakerError } from '../../src/core/errors.js';
import { ModelError } from '../../src/core/executions/model-error.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import { createDispatcher } from '../../src/providers/connection/dispatcher.js';
import { createModelBatches } from '../../src/providers/create-model-batches.js';
import { readCredentials } from '../../src/providers/keys/read-credentials.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { priceTable } from '../../src/providers/pricing/price-table.js';
import { defineTool } from '../../src/tools/define-tool.js';
import { buildFirst } from './build-first.js';
import { aPlaceAgent, aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from './builders.js';
import { OpenAiBatchServer } from './batch-servers/openai-batch-server.js';
import { resetWorkflow, taskEnd } from './reset-workflow.js';
import { recordApprovals } from './record-approvals.js';
import { recordBatches } from './record-batches.js';
import { recordMigrations } from './record-migrations.js';
import { recordRollouts } from './record-rollouts.js';
import { FINISH } from './scripted-model.js';
import { THIS_MACHINE } from './this-machine.js';
import { startWorkerUnderTest } from './worker-under-test.js';

const FOLDER = fileURLToPath(new URL('../workflows/histories/', import.meta.url));

/** Does what the text of the token says: asks for tools, fails, mumbles, hangs until it is aborted, waits to be let go, or answers. */
class Reviewer implements LanguageModel {
  release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    const asked = request.messages.at(-1)?.content ?? '';
    if (asked.includes('FAIL')) throw new ModelError('auth', 'The key is wrong.');
    if (request.messages[1]?.content.includes('TOOL') === true && request.messages.length === 2) {
      const toolCalls = ['a', 'b'].map((id) => ({ id, name: 'lookup', arguments: { id } }));
      yield { type: 'finish', finish: { ...FINISH, stopReason: 'tool_calls', toolCalls } };
      return;
    }
    yield { type: 'text', text: '{"assessment": ' };
    if (asked.includes('WAIT')) await this.#released;
    if (asked.includes('HANG')) await aborted(signal);
    if (!asked.includes('MUMBLE')) yield { type: 'text', text: '"APPROVE"}' };
    yield { type: 'finish', finish: FINISH };
  }
}

/** Longer than the quick try of an activity may take. */
const TOO_LONG_MS = 1_300;

/** Low enough that a life in here goes on as a new run, high enough that the others do not. */
const SUGGEST_CONTINUE_AS_NEW_AT = 120;

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

/** Three place agents in a row: one that waits for its time and its condition, one at once, one that is triggered. */
const classified = aWorkflow({
  places: ['new', 'read', 'sorted', 'done'],
  initialPlace: 'new',
  transitions: [
    aTransition({ id: 'take', fromPlaces: ['new'], toPlace: 'read' }),
    aTransition({ id: 'sort', fromPlaces: ['read'], toPlace: 'sorted' }),
    aTransition({ id: 'close', fromPlaces: ['sorted'], toPlace: 'done' }),
  ],
  placeAgents: [
    aPlaceAgent({
      id: 'read',
      placeId: 'new',
      autoTransition: 'take',
      schedule: { initialDelaySeconds: 1, intervalSeconds: 1, maxExecutions: 3 },
      triggerConditions: [{ type: 'Expression', expression: 'data.ready' }],
    }),
    aPlaceAgent({ id: 'sort', placeId: 'read', autoTransition: 'sort', outputMapping: { 'data.kind': 'assessment' } }),
    aPlaceAgent({
      id: 'close',
      placeId: 'sorted',
      autoTransition: 'close',
      triggerConditions: [{ type: 'FieldExists', field: 'data.kind' }],
      schedule: { initialDelaySeconds: 3600 },
    }),
  ],
});

const lookup = defineTool({
  name: 'lookup',
  description: 'Looks up.',
  input: z.object({ id: z.string() }),
  run: ({ id }) => id,
});

buildFirst();
const model = new Reviewer();
const batchServer = new OpenAiBatchServer();
const openai = { apiKey: 'sk-batches', baseUrl: await batchServer.start() };
const dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
const credentials = readCredentials({ accounts: { openai }, credentials: {} });
const under = await startWorkerUnderTest(model, {
  batches: createModelBatches({ credentials, dispatcher, prices: priceTable({}) }),
  suggestContinueAsNewAt: SUGGEST_CONTINUE_AS_NEW_AT,
  tools: [lookup],
});
await under.storage.agents.create('reviewer', anAgent(), NOW);
await under.storage.agents.create('looker', anAgent({ tools: ['lookup'] }), NOW);
await under.storage.workflows.save('review', content, { hash: 'h', now: NOW });
await under.storage.workflows.save('classified', classified, { hash: 'c', now: NOW });
await mkdir(FOLDER, { recursive: true });
for (const name of await readdir(FOLDER)) if (!name.startsWith('before-')) await rm(`${FOLDER}${name}`);

await recordReviewed();
await recordSkippedBySignal();
await recordFailed();
await recordRetried();
await recordRepaired();
await recordTools();
await recordApprovals(under, save);
await recordCancelled();
await recordCancelledInTemporal();
await recordSlowStorage();
await recordStorageAway();
await recordUnknownWorkflow();
await recordClassified();
await recordContinued();
await recordReset();
await recordMigrations(under, save);
await recordRollouts(under, save);
await recordBatches(under, save, batchServer);
await under.stop();
await batchServer.stop();
await dispatcher.close();

async function start(id: string, data: object, workflowId = 'review') {
  const args = [{ workflowId, data }];
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
  const executionId = await fireReview(handle);
  await until(handle, ({ incident }) => incident !== undefined);
  await handle.executeUpdate('fire', { args: [{ transitionId: 'skip' }] });
  await handle.result();
  await save('token-failed-then-moved', 'failed');
  await save('execution-failed', executionId);
}

/** The same, mended and tried again. */
async function recordRetried(): Promise<void> {
  const handle = await start('retried', { text: 'FAIL' });
  await fireReview(handle);
  await until(handle, ({ incident }) => incident !== undefined);
  await handle.executeUpdate('updateToken', { args: [{ data: { text: 'Hello' } }] });
  await handle.executeUpdate('retry');
  await handle.result();
  await save('token-retried', 'retried');
}

/** An answer that does not fit, and a second turn that mends it. */
async function recordRepaired(): Promise<void> {
  const handle = await start('repaired', { text: 'MUMBLE' });
  const executionId = await fireReview(handle);
  await handle.result();
  await save('execution-repaired', executionId);
}

/** A turn that asks for two tools at once, and one that answers. */
async function recordTools(): Promise<void> {
  const workflowId = 'looked-up';
  const args = [{ executionId: workflowId, agentId: 'looker', input: 'TOOL' }];
  const handle = await under.client.workflow.start('agentExecution', {
    taskQueue: under.taskQueue,
    workflowId,
    args,
  });
  await handle.result();
  await save('execution-with-tools', workflowId);
}

/** Cancelled in the middle of an answer. */
async function recordCancelled(): Promise<void> {
  const handle = await start('cancelled', { text: 'HANG' });
  const executionId = await fireReview(handle);
  await until(handle, ({ pending }) => pending !== undefined);
  await handle.executeUpdate('cancel', { args: [{ reason: 'not wanted any more' }] });
  await handle.result();
  await under.client.workflow
    .getHandle(executionId)
    .result()
    .catch(() => undefined);
  await save('token-cancelled', 'cancelled');
  await save('execution-cancelled', executionId);
}

/** The Temporal workflow itself is cancelled, and its execution ends before the token does. */
async function recordCancelledInTemporal(): Promise<void> {
  const handle = await start('cancelled-in-temporal', { text: 'HANG' });
  const executionId = await fireReview(handle);
  await until(handle, ({ pending }) => pending !== undefined);
  await handle.cancel();
  await handle.result().catch(() => undefined);
  await save('token-cancelled-in-temporal', 'cancelled-in-temporal');
  await under.client.workflow
    .getHandle(executionId)
    .result()
    .catch(() => undefined);
}

/** Storage is too slow for the quick try: what is to be recorded goes on as a normal activity. */
async function recordSlowStorage(): Promise<void> {
  const { tokens, executions } = under.storage;
  const restore = [
    interfere(tokens, 'record', () => new Promise((resolve) => setTimeout(resolve, TOO_LONG_MS))),
    interfere(executions, 'update', () => new Promise((resolve) => setTimeout(resolve, TOO_LONG_MS))),
    interfere(executions, 'end', () => new Promise((resolve) => setTimeout(resolve, TOO_LONG_MS))),
  ];
  const handle = await start('slow', { text: 'Hello' });
  const executionId = await fireReview(handle);
  await handle.result();
  for (const undo of restore) undo();
  await save('token-storage-too-slow', 'slow');
  await save('execution-storage-too-slow', executionId);
}

/** Storage is away for a moment. */
async function recordStorageAway(): Promise<void> {
  const { tokens, executions } = under.storage;
  const away = () => Promise.reject(new CircuitBreakerError('UNAVAILABLE', 'storage is away'));
  const restore = [
    interfere(tokens, 'record', away),
    interfere(executions, 'update', away),
    interfere(executions, 'end', away),
  ];
  const handle = await start('away', { text: 'Hello' });
  const executionId = await fireReview(handle);
  await handle.result();
  for (const undo of restore) undo();
  await save('token-storage-away', 'away');
  await save('execution-storage-away', executionId);
}

/** A token that cannot be: its first activity fails for good. */
async function recordUnknownWorkflow(): Promise<void> {
  const handle = await start('unknown', {}, 'no-such-workflow');
  await handle.result().catch(() => undefined);
  await save('token-of-unknown-workflow', 'unknown');
}

/** Every second call of a method comes to grief. Gives what takes that back. */
function interfere<Method extends string>(
  store: Record<Method, (...args: never[]) => Promise<unknown>>,
  method: Method,
  mishap: () => Promise<unknown>,
): () => void {
  const whole = store[method];
  let calls = 0;
  store[method] = async (...args: never[]) => {
    calls += 1;
    if (calls % 2 === 1) await mishap();
    return await whole.apply(store, args);
  };
  return () => {
    store[method] = whole;
  };
}

/** Timers, conditions, automatic transitions; an agent that is triggered; word of other place agents. */
async function recordClassified(): Promise<void> {
  const handle = await start('classified', { ready: false }, 'classified');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await handle.executeUpdate('updateToken', { args: [{ data: { ready: true } }] });
  await until(handle, ({ place }) => place === 'sorted');
  await handle.signal('placeAgentsChanged', { placeAgents: [] });
  await handle.executeUpdate('triggerPlaceAgents');
  await handle.result();
  await save('token-classified-by-place-agents', 'classified');
}

/** So many changes while an answer streams that the token goes on as a new run, which waits for the answer. */
async function recordContinued(): Promise<void> {
  const handle = await start('continued', { text: 'WAIT' });
  await fireReview(handle);
  const first = handle.firstExecutionRunId;
  for (let count = 0; (await runIdOf('continued')) === first; count += 1) {
    await handle.executeUpdate('updateToken', { args: [{ data: { count } }] });
  }
  model.release();
  await under.client.workflow.getHandle('continued').result();
  await save('token-continued-first-run', 'continued', first);
  await save('token-continued-last-run', 'continued', await runIdOf('continued'));
}

/** Reset to before its agent was started, and once more while another one runs that was started since. */
async function recordReset(): Promise<void> {
  const handle = await start('reset', { text: 'HANG' });
  await fireReview(handle);
  await resetWorkflow(under, 'reset', await taskEnd(under, 'reset', 1));
  const executionId = await fireReview(handleOf('reset'));
  await running(executionId);
  await handleOf('reset').executeUpdate('updateToken', { args: [{ data: { n: 1 } }] });
  await resetWorkflow(under, 'reset', await taskEnd(under, 'reset', -1));
  await handleOf('reset').executeUpdate('cancel', { args: [{}] });
  await handleOf('reset').result();
  await save('token-reset-twice', 'reset');
}

async function running(executionId: string): Promise<void> {
  while ((await under.storage.executions.get(executionId))?.status !== 'RUNNING') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function handleOf(id: string) {
  return under.client.workflow.getHandle(id);
}

type Handle = Pick<Awaited<ReturnType<typeof start>>, 'executeUpdate' | 'query'>;

async function fireReview(handle: Handle): Promise<string> {
  const args: [object] = [{ transitionId: 'review' }];
  return (await handle.executeUpdate<{ executionId: string }, [object]>('fire', { args })).executionId;
}

async function until(handle: Handle, isTrue: (token: Token) => boolean): Promise<void> {
  while (!isTrue(await handle.query<Token>('token'))) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function runIdOf(id: string): Promise<string> {
  return (await under.client.workflow.getHandle(id).describe()).runId;
}

async function save(name: string, workflowId: string, runId?: string): Promise<string> {
  const recorded = historyToJSON(await under.client.workflow.getHandle(workflowId, runId).fetchHistory());
  // Where it was recorded is nobody's business, and would change with every recording.
  const history = recorded.replaceAll(`${process.cwd()}/`, '').replaceAll(`@${hostname()}`, '@host');
  await writeFile(`${FOLDER}${name}.json`, history);
  return history;
}

async function aborted(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  throw signal.reason;
}
