import { beforeEach, describe, expect, it } from 'vitest';

import { CircuitBreakerError } from '../../../src/core/errors.js';
import { EntryQueue } from '../../../src/streams/entries/entry-queue.js';
import type { EntryPlace } from '../../../src/streams/entries/entry-store.js';
import { newEntry, type NewEntry } from '../../../src/streams/entries/new-entry.js';

type Answer = (batch: readonly NewEntry[]) => Places | Promise<Places>;
type Places = readonly (EntryPlace | undefined)[];

const AT_0 = { position: 0, last: 0 };

function storeAll(batch: readonly NewEntry[]): Places {
  return batch.map(() => AT_0);
}

/** A backend that keeps nothing: each call is answered as the test says. */
class ScriptedStore {
  readonly calls: (readonly NewEntry[])[] = [];
  answer: Answer = storeAll;

  async insert(batch: readonly NewEntry[]): Promise<Places> {
    this.calls.push(batch);
    return await this.answer(batch);
  }
}

function anEntry(executionId: string, text = 'a'): NewEntry {
  const bodies = [{ eventType: 'content_chunk', content: text }] as const;
  const opening = `opening of ${executionId}`;
  return newEntry(executionId, undefined, { epoch: 1, opening, turn: 1, attempt: 1, bodies });
}

function away(): CircuitBreakerError {
  return new CircuitBreakerError('UNAVAILABLE', 'The backend is away.');
}

describe('the entry queue', () => {
  let store: ScriptedStore;
  let queue: EntryQueue;

  beforeEach(() => {
    store = new ScriptedStore();
    queue = new EntryQueue(store);
  });

  const executionsOf = (batch: readonly NewEntry[]) => batch.map(({ executionId }) => executionId);

  it('sends what arrives in one turn of the event loop as one call', async () => {
    await new Promise((resolve, reject) => {
      setTimeout(() => {
        const inserted = [queue.insert(anEntry('timer'))];
        // Another callback of the same turn.
        process.nextTick(() => {
          inserted.push(queue.insert(anEntry('next tick')));
          Promise.all(inserted).then(resolve, reject);
        });
      }, 0);
    });
    expect(store.calls.map(executionsOf)).toEqual([['timer', 'next tick']]);
  });

  it('has one call on its way and sends what arrives meanwhile with the next one', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    store.answer = (batch) => held.then(() => storeAll(batch));
    const first = queue.insert(anEntry('first'));
    while (store.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const later = ['second', 'third'].map((id) => queue.insert(anEntry(id)));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(store.calls).toHaveLength(1);
    release();
    expect(await Promise.all([first, ...later])).toEqual([AT_0, AT_0, AT_0]);
    expect(store.calls.map(executionsOf)).toEqual([['first'], ['second', 'third']]);
  });

  it('tells each whether it was stored', async () => {
    store.answer = (batch) => batch.map(({ executionId }) => (executionId === 'refused' ? undefined : AT_0));
    const answers = await Promise.all(['stored', 'refused', 'also'].map((id) => queue.insert(anEntry(id))));
    expect(answers).toEqual([AT_0, undefined, AT_0]);
  });

  it('keeps nothing while the backend is away, and goes on when it is back', async () => {
    store.answer = () => Promise.reject(away());
    const outcomes = await Promise.allSettled(['a', 'b'].map((id) => queue.insert(anEntry(id))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    store.answer = storeAll;
    expect(await queue.insert(anEntry('c'))).toEqual(AT_0);
    expect(store.calls.map(executionsOf)).toEqual([['a', 'b'], ['c']]);
  });

  it('refuses an entry that the backend cannot take, and only that one', async () => {
    store.answer = (batch) => {
      if (batch.some(({ executionId }) => executionId === 'ill')) throw new Error('cannot be stored');
      return storeAll(batch);
    };
    const outcomes = await Promise.allSettled(['a', 'ill', 'b'].map((id) => queue.insert(anEntry(id))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('splits what is too much for one call', async () => {
    const text = 'x'.repeat(400 * 1024);
    await Promise.all(['a', 'b', 'c'].map((id) => queue.insert(anEntry(id, text))));
    expect(store.calls.map(executionsOf)).toEqual([['a', 'b'], ['c']]);
  });

  it('sends an entry that is larger than a call should be', async () => {
    expect(await queue.insert(anEntry('large', 'x'.repeat(2 * 1024 * 1024)))).toEqual(AT_0);
  });

  it('waits at shutdown for the call on its way, and refuses what has not been sent', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    store.answer = (batch) => held.then(() => storeAll(batch));
    const sent = queue.insert(anEntry('sent'));
    while (store.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const waiting = expect(queue.insert(anEntry('waiting'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    let isDown = false;
    const down = queue.shutdown().then(() => (isDown = true));
    await waiting;
    expect(isDown).toBe(false);
    release();
    await down;
    expect(await sent).toEqual(AT_0);
    await expect(queue.insert(anEntry('late'))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
