import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ModelError } from '../../src/core/executions/model-error.js';
import type { ModelEvent, ModelRequest } from '../../src/core/executions/turn.js';
import type { Token } from '../../src/core/tokens/token.js';
import type { LanguageModel } from '../../src/providers/language-model.js';
import { aPlaceAgent, aTransition, anAgent, anAgentTransition, aWorkflow, NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';
import { FINISH } from '../support/scripted-model.js';
import { startWorkerUnderTest, type WorkerUnderTest } from '../support/worker-under-test.js';

/** Answers, waits until it is aborted, or fails, as its agent is told. */
class Obedient implements LanguageModel {
  async *stream({ messages }: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    await Promise.resolve();
    const system = messages[0]?.content ?? '';
    if (system.includes('FAIL')) throw new ModelError('auth', 'The key is wrong.');
    if (system.includes('HANG')) await aborted(signal);
    yield { type: 'text', text: 'Fine.' };
    yield { type: 'finish', finish: FINISH };
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve, { once: true });
  });
  throw signal.reason;
}

const text = (bytes: number) => 'x'.repeat(bytes);
const LONG_ID = `a${text(198)}z`;
const AGENTS = 20;
/** Each is given 750 KB. */
const CROWD = 26;

let under: WorkerUnderTest;

beforeAll(async () => {
  under = await startWorkerUnderTest(new Obedient());
  const { agents, workflows } = under.storage;
  for (const [id, system] of [
    ['reviewer', 'Review.'],
    [LONG_ID, 'Review.'],
    ['hanging', 'HANG'],
    ['failing', 'FAIL'],
  ] as const) {
    await agents.create(id, anAgent({ prompts: { system, userTemplate: 'Look.' } }), NOW);
  }
  const many = aWorkflow({
    placeAgents: Array.from({ length: AGENTS }, (_, index) => aPlaceAgent({ id: `agent-${index}` })),
  });
  await workflows.save('many', many, { hash: 'm', now: NOW });
  const crowd = aWorkflow({
    transitions: [aTransition({ id: 'crowd' }), aTransition({ id: 'end', fromPlaces: ['reviewed'], toPlace: 'done' })],
    placeAgents: Array.from({ length: CROWD }, (_, index) =>
      aPlaceAgent({ id: `agent-${index}`, placeId: 'reviewed', inputMapping: { a: 'data', b: 'data', c: 'data' } }),
    ),
  });
  await workflows.save('crowd', crowd, { hash: 'c', now: NOW });
  const stay = aWorkflow({ transitions: [aTransition({ id: 'stay', toPlace: 'submitted' })] });
  await workflows.save('stay', stay, { hash: 's', now: NOW });
  const uses = { long: LONG_ID, hang: 'hanging', fail: 'failing' };
  const transitions = Object.entries(uses).map(([id, agentId]) =>
    aTransition({
      id,
      toPlace: 'done',
      agentExecution: anAgentTransition({ agentId, inputMapping: { n: 'data.n?' } }),
    }),
  );
  await workflows.save('review', aWorkflow({ transitions }), { hash: 'r', now: NOW });
});
afterAll(async () => {
  await under.stop();
});

async function start(id: string, workflowId: string, data: object): Promise<WorkflowHandle> {
  const args = [{ workflowId, data }];
  return await under.client.workflow.start('tokenLifecycle', { taskQueue: under.taskQueue, workflowId: id, args });
}

async function fire(handle: WorkflowHandle, request: object): Promise<Token> {
  return (await handle.executeUpdate<{ token: Token }, [object]>('fire', { args: [request] })).token;
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error: unknown = await promise.catch((caught: unknown) => caught);
  if (!(error instanceof WorkflowUpdateFailedError)) throw error;
  return (error.cause as { type?: unknown }).type;
}

async function statusesOf(tokenId: string): Promise<readonly string[]> {
  const { items } = await under.storage.executions.list({ tokenId }, { first: 100 });
  return items.map(({ item }) => item.status);
}

describe('a token of 250 KB', () => {
  it.each(['quick', 'slow'])('in a place of twenty agents runs them all, while storage is %s', async (storage) => {
    const { tokens } = under.storage;
    const record = tokens.record.bind(tokens);
    let calls = 0;
    tokens.record = async (one) => {
      // Longer than the quick try of an activity may take: then everything travels through Temporal.
      if (storage === 'slow' && ++calls <= 6) await new Promise((resolve) => setTimeout(resolve, 1300));
      return await record(one);
    };
    const id = `many-${storage}`;
    const handle = await start(id, 'many', { text: text(250_000) });
    await eventually(async () => {
      expect(await statusesOf(id)).toEqual(Array.from({ length: AGENTS }, () => 'COMPLETED'));
    });
    tokens.record = record;
    await eventually(async () => {
      const token = await tokens.get(id);
      expect(Object.values(token?.placeAgentRuns ?? {}).filter((run) => run.executionId !== undefined)).toEqual([]);
      expect(token).toMatchObject({ status: 'ACTIVE', place: 'submitted' });
      expect(token).not.toHaveProperty('incident');
    });
    await handle.terminate();
  });

  it('is refused a place whose agents would be given more than Temporal carries', async () => {
    const handle = await start('crowded', 'crowd', { text: text(250_000) });
    expect(await codeOf(fire(handle, { transitionId: 'crowd' }))).toBe('TOKEN_TOO_LARGE');
    await handle.signal('fireTransition', { transitionId: 'crowd' });
    const token = await handle.query<Token>('token');
    expect(token).toMatchObject({ place: 'submitted', version: 1, executionCount: 0 });
    await handle.terminate();
  });

  it('that begins in such a place says so, and has them run in turns', async () => {
    const id = 'crowd';
    const args = [{ workflowId: 'crowd', initialPlace: 'reviewed', data: { text: text(250_000) } }];
    const { taskQueue } = under;
    await under.client.workflow.start('tokenLifecycle', { taskQueue, workflowId: id, args });
    const newest = under.client.workflow.getHandle(id);
    await eventually(async () => {
      const events = await under.storage.tokens.listEvents(id, { after: 0, first: 100 });
      expect(JSON.stringify(events)).toContain('prompt_too_large');
    });
    await eventually(async () => {
      await newest.executeUpdate('retry');
      expect((await newest.describe()).historySize).toBeLessThan(45 * 1024 * 1024);
      expect(await statusesOf(id)).toEqual(Array.from({ length: CROWD }, () => 'COMPLETED'));
      expect(await under.storage.tokens.get(id)).not.toHaveProperty('incident');
    });
    await newest.terminate();
  });

  it('and of 18,000 members takes some of a thousand changes that come at once, refuses the others, and lives', async () => {
    const members = Array.from({ length: 18_000 }, (_, index) => [`k${index}`, index]);
    const handle = await start('wide', 'stay', Object.fromEntries(members) as object);
    const signals = Array.from({ length: 1000 }, (_, n) =>
      handle.signal('fireTransition', { transitionId: 'stay', data: { n } }),
    );
    await Promise.all(signals);
    const { version } = await fire(handle, { transitionId: 'stay', data: { last: 1 } });
    expect(version).toBeGreaterThan(15);
    await eventually(async () => {
      expect((await under.storage.tokens.get('wide'))?.version).toBe(version);
    });
    await handle.terminate();
  });

  it('answers ten changes at once, also while it waits with as much again', async () => {
    const handle = await start('ten', 'review', { text: text(200_000) });
    const pending = await fire(handle, { transitionId: 'hang', data: { text: text(250_000) } });
    expect(pending.pending).toMatchObject({ transitionId: 'hang' });
    expect(pending.pending).not.toHaveProperty('patch');
    const changes = Array.from({ length: 10 }, (_, count) =>
      handle.executeUpdate<{ token: Token }, [object]>('updateToken', { args: [{ data: { [`n${count}`]: count } }] }),
    );
    const answers = await Promise.all(changes);
    expect(Math.max(...answers.map(({ token }) => token.version))).toBe(12);
    await handle.executeUpdate('cancel');
  });

  it('is refused a patch of nulls that Temporal could not carry, and lives', async () => {
    const handle = await start('nulls', 'review', { n: 1, text: text(200_000) });
    const members = Array.from({ length: 23_800 }, (_, index) => [`a-rather-long-name-of-a-member-${index}`, null]);
    const request = { transitionId: 'fail', data: Object.fromEntries(members) as object };
    expect(await codeOf(fire(handle, request))).toBe('TOKEN_TOO_LARGE');
    await handle.signal('fireTransition', request);
    await fire(handle, { transitionId: 'fail', data: Object.fromEntries(members.slice(0, 5000)) as object });
    await eventually(async () => {
      expect((await handle.query<Token>('token')).incident?.code).toBe('auth');
    });
    await handle.executeUpdate('retry');
    await eventually(async () => {
      expect((await handle.query<Token>('token')).pending).toBeUndefined();
    });
    const update = { args: [{ data: { x: 1 } }] };
    const { token } = await handle.executeUpdate<{ token: Token }, [object]>('updateToken', update as never);
    expect(token.data).toMatchObject({ n: 1, x: 1 });
    await handle.terminate();
  });
});

describe('names of 200 characters', () => {
  it('run like any others', async () => {
    const id = `t${text(198)}z`;
    const handle = await start(id, 'review', {});
    await fire(handle, { transitionId: 'long' });
    expect(await handle.result()).toMatchObject({ status: 'COMPLETED' });
  });
});
