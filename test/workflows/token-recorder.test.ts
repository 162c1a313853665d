import { ApplicationFailure } from '@temporalio/common';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { newToken } from '../../src/core/engine/new-token.js';
import { pendingExecution } from '../../src/core/executions/pending-execution.js';
import type { TokenRecord } from '../../src/core/tokens/token-record.js';
import type { TokenEvent } from '../../src/core/tokens/token.js';
import { TokenRecorder } from '../../src/workflows/token-recorder.js';
import { aDefinition, facts, NOW } from '../support/builders.js';

/** What the recorder asks to be stored, and lets wait until the test says that it is, or that it never will be. */
interface Write {
  readonly record: TokenRecord;
  readonly how: string;
  readonly done: () => void;
  readonly refuse: () => void;
}

const writes: Write[] = [];

vi.mock('../../src/workflows/perform.js', () => ({
  quickly: (_name: string, record: TokenRecord) => stored(record, 'quickly'),
  throughHistory: (_name: string, record: TokenRecord) => stored(record, 'through history'),
}));

function stored(record: TokenRecord, how: string): Promise<undefined> {
  return new Promise((resolve, fail) => {
    const done = () => {
      resolve(undefined);
    };
    const refuse = () => {
      fail(ApplicationFailure.nonRetryable('This text is not for us.', 'STORAGE_REFUSED'));
    };
    writes.push({ record, how, done, refuse });
  });
}

vi.mock('@temporalio/workflow', () => ({
  log: { error: () => undefined },
  patched: () => true,
  CancellationScope: { nonCancellable: (run: () => Promise<unknown>) => run() },
  condition: (isTrue: () => boolean) => vi.waitUntil(isTrue, { interval: 1 }),
}));

describe('the recorder of a token', () => {
  beforeEach(() => {
    writes.length = 0;
    refusals.length = 0;
  });
  const refusals: string[] = [];
  const listeners = { onWrite: () => undefined, onRefused: (reason: string) => void refusals.push(reason) };

  function change(version: number) {
    const token = { ...newToken(aDefinition(), { id: 'doc-1' }, facts), version };
    const event: TokenEvent = { type: 'UPDATED', version, place: token.place, timestamp: NOW };
    const execution = pendingExecution({ executionId: `doc-1:review:${version}`, agentId: 'reviewer', input: {} }, NOW);
    return { token, events: [event], executions: [execution] };
  }

  async function write(index: number) {
    return await vi.waitUntil(() => writes[index], { interval: 1 });
  }

  it(
    'has one write under way, and stores what changes meanwhile with the next, in order',
    { tags: 'recorded-first' },
    async () => {
      const recorder = new TokenRecorder({}, undefined, listeners);
      recorder.add(change(1));
      const first = await write(0);
      recorder.add(change(2));
      recorder.add(change(3));
      expect(writes).toHaveLength(1);
      first.done();
      const second = await write(1);
      expect(second.record.token.version).toBe(3);
      expect(second.record.events.map(({ number, version }) => [number, version])).toEqual([
        [2, 2],
        [3, 3],
      ]);
    },
  );

  it('stores the executions of a change in the same record, as PENDING', async () => {
    const recorder = new TokenRecorder({}, undefined, listeners);
    recorder.add(change(1));
    expect((await write(0)).record.executions).toMatchObject([{ id: 'doc-1:review:1', status: 'PENDING' }]);
  });

  it(
    'tells that a change is written when it is, and not when one before it is',
    { tags: 'recorded-first' },
    async () => {
      const recorder = new TokenRecorder({}, undefined, listeners);
      const told: number[] = [];
      const tell = (version: number) =>
        recorder.written(recorder.add(change(version))).then(() => {
          told.push(version);
        });
      const first = tell(1);
      const { done } = await write(0);
      const second = tell(2);
      done();
      await first;
      const later = await write(1);
      expect(told).toEqual([1]);
      expect(recorder.isIdle).toBe(false);
      later.done();
      await second;
      expect(told).toEqual([1, 2]);
      await vi.waitUntil(() => recorder.isIdle);
    },
  );

  it('goes through the history with what may not be stored yet, whatever comes of the write that is under way', async () => {
    const recorder = new TokenRecorder({}, undefined, listeners);
    recorder.add(change(1));
    const { done } = await write(0);
    const { token } = change(2);
    const stored = recorder.written(recorder.add(change(2)));
    recorder.goThroughHistory(token);
    const again = await write(1);
    expect(again.how).toBe('through history');
    expect(again.record.events.map(({ number }) => number)).toEqual([1, 2]);
    expect(again.record.executions.map(({ id }) => id)).toEqual(['doc-1:review:1', 'doc-1:review:2']);
    done();
    await new Promise(setImmediate);
    expect(recorder.isIdle).toBe(false);
    again.done();
    await stored;
    await vi.waitUntil(() => recorder.isIdle);
    expect(writes).toHaveLength(2);
  });

  it('goes through the history with a record of nothing, where everything is stored', async () => {
    const recorder = new TokenRecorder({}, undefined, listeners);
    recorder.add(change(1));
    (await write(0)).done();
    await vi.waitUntil(() => recorder.isIdle);
    recorder.goThroughHistory(change(1).token);
    expect(recorder.isIdle).toBe(false);
    const nothing = await write(1);
    expect([nothing.how, nothing.record.events]).toEqual(['through history', []]);
    nothing.done();
    await vi.waitUntil(() => recorder.isIdle);
  });

  it('stores a record that storage refuses without its content, says so, and goes on', async () => {
    const recorder = new TokenRecorder({}, undefined, listeners);
    const first = change(1);
    recorder.add({ ...first, token: { ...first.token, data: { kept: 1 } } });
    (await write(0)).done();
    await vi.waitUntil(() => recorder.isIdle);
    const second = change(2);
    const events = second.events.map((event) => ({ ...event, details: { text: 'poison' } }));
    const isWritten = recorder.written(
      recorder.add({ ...second, events, token: { ...second.token, data: { text: 'poison' } } }),
    );
    (await write(1)).refuse();
    const instead = await write(2);
    expect(instead.record).toMatchObject({
      token: { version: 2, data: { kept: 1 } },
      events: [{ number: 2, details: { code: 'record_refused' } }],
      executions: [{ id: 'doc-1:review:2', input: {} }],
    });
    instead.done();
    await isWritten;
    expect(refusals).toEqual(['This text is not for us.']);
    recorder.add(change(3));
    expect((await write(3)).record.token.version).toBe(3);
  });

  it('goes on also where storage takes nothing of it', async () => {
    const recorder = new TokenRecorder({}, undefined, listeners);
    const isWritten = recorder.written(recorder.add(change(1)));
    (await write(0)).refuse();
    (await write(1)).refuse();
    await isWritten;
    expect(refusals).toHaveLength(1);
  });
});
