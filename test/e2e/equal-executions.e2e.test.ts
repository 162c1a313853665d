import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LONG_PROSE } from '../support/aimock-review.js';
import { createAgent, graphql } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { freezeProcess } from '../support/frozen-process.js';
import { Installation, Surroundings } from '../support/installation.js';
import { sha256, streamFaults, StreamViewer } from '../support/stream-viewer.js';

const CHUNKS = 10;
const NOTHING = { inputTokens: 0, outputTokens: 0, costUsd: 0 };

interface Shown {
  readonly status: string;
  readonly finalResponse: string;
  readonly cachedFrom: string | null;
  readonly usage: object;
  readonly attempts: readonly { readonly outcome: string; readonly cachedFrom: string | null }[];
}

interface Asked {
  readonly id: string;
  readonly viewer: StreamViewer;
  readonly watching: Promise<number>;
}

describe('executions that ask the very same at once', () => {
  let surroundings: Surroundings;
  let here: Installation;

  beforeAll(async () => {
    surroundings = await Surroundings.start({ chunks: CHUNKS });
    here = await Installation.start(surroundings, 'equals');
    await createAgent(here.address, {
      ...{ id: 'sharer', name: 'Sharer', cache: { ttlSeconds: 600 } },
      llmProvider: { type: 'openai', model: 'gpt-4o-mini' },
      prompts: { system: 'You write.', userTemplate: 'Write about {input_data}' },
    });
  });
  afterAll(async () => {
    await here.stop();
    await surroundings.stop();
  });

  async function ask(topic: string, fields: object = {}): Promise<Asked> {
    const input = { agentId: 'sharer', input: topic, ...fields };
    const query = 'mutation ($input: ExecuteAgentInput!) { executeAgent(input: $input) { id } }';
    const { id } = (await graphql<{ executeAgent: { id: string } }>(here.address, query, { input })).executeAgent;
    const viewer = new StreamViewer();
    return { id, viewer, watching: viewer.watch(here.address, id) };
  }

  async function shown({ id }: Pick<Asked, 'id'>): Promise<Shown> {
    const query = `query ($id: String!) { agentExecution(id: $id) {
      status finalResponse cachedFrom usage { inputTokens outputTokens costUsd } attempts { outcome cachedFrom } } }`;
    return (await graphql<{ agentExecution: Shown }>(here.address, query, { id })).agentExecution;
  }

  function isWaiting({ viewer: { events } }: Asked): boolean {
    return events.some((event) => event.eventType === 'thinking' && event.status === 'waiting_for_equal');
  }

  /** All have the answer, whole, and every viewer of it the text that is stored. */
  async function expectAnswers(all: readonly Asked[]): Promise<readonly Shown[]> {
    expect(new Set(await Promise.all(all.map(({ watching }) => watching)))).toEqual(new Set([1000]));
    for (const { viewer } of all) {
      expect(viewer.text).toBe(LONG_PROSE);
      expect(viewer.last).toMatchObject({ eventType: 'completed', sha256: sha256(LONG_PROSE) });
      expect(streamFaults(viewer.events)).toEqual([]);
    }
    const stored = await Promise.all(all.map(shown));
    for (const one of stored) expect(one).toMatchObject({ status: 'COMPLETED', finalResponse: LONG_PROSE });
    return stored;
  }

  /** One makes the call and is held in the middle of its answer, and the others wait for it. */
  async function waitingFor(topic: string, count: number) {
    const goOn = surroundings.prose.hold(topic, CHUNKS / 2);
    const holder = await ask(topic);
    await holder.viewer.sawChunks(1);
    const others = await Promise.all(Array.from({ length: count }, () => ask(topic)));
    await eventually(() => {
      expect(others.filter(isWaiting)).toHaveLength(count);
    });
    const { id: executionId } = holder;
    return { goOn, holder, others, caller: await here.callerOf({ tokenId: '', executionId }) };
  }

  it('call their model once, however many there are and wherever they run', async () => {
    const goOn = surroundings.prose.hold('tides', CHUNKS / 2);
    const all: Asked[] = [];
    // A few at a time, so that a slow machine answers in time. None of them ends before all are there.
    while (all.length < 100) all.push(...(await Promise.all(Array.from({ length: 10 }, () => ask('tides')))));
    await eventually(() => {
      expect(all.filter(isWaiting)).toHaveLength(99);
    });
    goOn();
    const stored = await expectAnswers(all);
    expect(surroundings.prose.told('tides')).toEqual({ asked: 1, whole: 1 });
    const asked = all.filter((_, index) => stored[index]?.cachedFrom === null);
    expect(asked).toHaveLength(1);
    for (const { cachedFrom, usage, attempts } of stored) {
      if (cachedFrom === null) continue;
      expect({ cachedFrom, usage }).toEqual({ cachedFrom: asked[0]?.id, usage: NOTHING });
      expect(attempts).toEqual([{ outcome: 'completed', cachedFrom }]);
    }
    const again = await ask('tides');
    await expectAnswers([again]);
    expect(again.viewer.events[0]).toMatchObject({ eventType: 'attempt_started', status: 'cached' });
    expect(surroundings.prose.told('tides').asked).toBe(1);
  });

  it('call it once more where the worker of the one is killed in mid-answer', { tags: 'worker-killed' }, async () => {
    const { goOn, holder, others, caller } = await waitingFor('kills', 6);
    await caller.kill();
    goOn();
    await here.startWorker();
    await expectAnswers([holder, ...others]);
    expect(surroundings.prose.told('kills')).toEqual({ asked: 2, whole: 1 });
  });

  it(
    'call it once where its worker is killed behind the end of the answer, before that is kept',
    { tags: ['worker-killed', 'finished-turns', 'on-postgres'] },
    async () => {
      const { goOn, holder, others, caller } = await waitingFor('edges', 6);
      const client = new pg.Client({ connectionString: here.storageUrl });
      await client.connect();
      // Its answer waits here to be kept.
      await client.query('begin; lock table circuit_breaker.calls_under_way in access exclusive mode');
      goOn();
      await eventually(async () => {
        const stored = await client.query('select from circuit_breaker.turns where execution_id = $1', [holder.id]);
        expect(stored.rowCount).toBe(1);
      });
      await caller.kill();
      await client.query('rollback');
      await client.end();
      await here.startWorker();
      await expectAnswers([holder, ...others]);
      expect(surroundings.prose.told('edges')).toEqual({ asked: 1, whole: 1 });
    },
  );

  it(
    'call it once more where the worker of the one stands still, which does no harm when it wakes',
    { tags: 'worker-frozen' },
    async () => {
      const { goOn, holder, others, caller } = await waitingFor('ice', 6);
      await freezeProcess(caller.pid ?? 0);
      await eventually(() => {
        expect(surroundings.prose.told('ice').asked).toBe(2);
      });
      goOn();
      process.kill(caller.pid ?? 0, 'SIGCONT');
      const stored = await expectAnswers([holder, ...others]);
      expect(surroundings.prose.told('ice').asked).toBe(2);
      expect(stored.filter(({ cachedFrom }) => cachedFrom === null)).toHaveLength(1);
    },
  );

  it('go on one by one where the call of the one comes to nothing', async () => {
    const { goOn, holder, others } = await waitingFor('ends', 3);
    await graphql(here.address, 'mutation ($id: String!) { cancelAgentExecution(id: $id) { id } }', { id: holder.id });
    await holder.watching;
    await expectAnswers(others);
    goOn();
    expect(surroundings.prose.told('ends').asked).toBe(2);
    const stored = await Promise.all(others.map(shown));
    expect(stored.filter(({ cachedFrom }) => cachedFrom === null)).toHaveLength(1);
  });

  it('are asked anew by whoever wants it so, and after a purge', async () => {
    await expectAnswers([await ask('moons')]);
    await expectAnswers([await ask('moons', { bypassCache: true })]);
    expect(surroundings.prose.told('moons').asked).toBe(2);
    const purge = 'mutation { purgeCache(agentId: "sharer") }';
    expect((await graphql<{ purgeCache: number }>(here.address, purge)).purgeCache).toBeGreaterThan(0);
    await expectAnswers([await ask('moons')]);
    expect(surroundings.prose.told('moons').asked).toBe(3);
  });
});
