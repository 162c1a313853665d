import { setImmediate as nextTurn } from 'node:timers/promises';

import { afterEach, describe, expect, it, vi } from 'vitest';

import { ExecutionStore, type ExecutionState } from '../../src/client/execution-store.js';
import type { StreamEvent } from '../../src/client/index.js';
import { sha256 } from '../support/stream-viewer.js';

const TEXT = 'The tides.';
const at = (sequence: number) => ({
  executionId: 'e1',
  sequence,
  turn: 1,
  attempt: 1,
  timestamp: '2026-01-01T00:00:00.000Z',
});
const STARTED: StreamEvent = { ...at(0), eventType: 'attempt_started', status: 'first' };
const CHUNKS: readonly StreamEvent[] = Array.from(TEXT, (content, index) => ({
  ...at(index + 1),
  eventType: 'content_chunk',
  content,
}));
const COMPLETED: StreamEvent = {
  ...at(20),
  eventType: 'completed',
  final_response: TEXT,
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  length: TEXT.length,
  sha256: sha256(TEXT),
};

/** A platform whose requests are answered by the test: `send` goes to the newest. */
class PlayedFetch {
  readonly signals: AbortSignal[] = [];
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;

  readonly fetch: typeof fetch = (_url, init) => {
    if (init?.signal != null) this.signals.push(init.signal);
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        this.#stream = stream;
        init?.signal?.addEventListener('abort', () => {
          stream.error(init.signal?.reason);
        });
      },
    });
    return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  };

  async requested(count = 1): Promise<void> {
    await vi.waitUntil(() => this.signals.length === count, { interval: 1 });
  }

  send(...events: readonly StreamEvent[]): void {
    const frames = events.map((event) => `id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`);
    this.#stream?.enqueue(new TextEncoder().encode(frames.join('')));
  }
}

function arrange(answering?: typeof fetch) {
  const played = new PlayedFetch();
  const store = new ExecutionStore({ url: 'http://api', executionId: 'e1', fetch: answering ?? played.fetch });
  const told: ExecutionState[] = [];
  const join = () => store.subscribe(() => told.push(store.state()));
  const toldTimes = (count: number) => vi.waitUntil(() => told.length >= count, { interval: 1 });
  return { played, store, told, join, toldTimes };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('an execution as a store', () => {
  it('requests nothing before somebody listens', async () => {
    const { played, store } = arrange();
    await nextTurn();
    expect(played.signals).toHaveLength(0);
    expect(store.state()).toEqual({ text: '', status: 'waiting' });
  });

  it('tells once of all that arrives together, and keeps its state the same object in between', async () => {
    const { played, store, told, join, toldTimes } = arrange();
    join();
    await played.requested();
    played.send(STARTED, ...CHUNKS);
    await toldTimes(1);
    expect(told).toMatchObject([{ text: TEXT, status: 'streaming' }]);
    expect(store.state()).toBe(store.state());
    played.send(COMPLETED);
    await toldTimes(2);
    expect(told).toHaveLength(2);
    expect(store.state()).toEqual({ text: TEXT, last: COMPLETED, status: 'completed', isVerified: true });
  });

  it('costs one request when its listener leaves and comes back in the same breath', async () => {
    const { played, join } = arrange();
    join()();
    join();
    await played.requested();
    await nextTurn();
    expect(played.signals.map(({ aborted }) => aborted)).toEqual([false]);
  });

  it('closes its connection with the last listener, tells nobody, and begins anew with the next', async () => {
    const { played, store, told, join, toldTimes } = arrange();
    const [leaveFirst, leaveSecond] = [join(), join()];
    await played.requested();
    played.send(STARTED, ...CHUNKS.slice(0, 3));
    await toldTimes(2);
    leaveFirst();
    expect(played.signals[0]?.aborted).toBe(false);
    leaveSecond();
    expect(played.signals[0]?.aborted).toBe(true);
    join();
    await played.requested(2);
    expect(told).toHaveLength(2);
    expect(store.state().text).toBe('The');
    played.send(STARTED, ...CHUNKS);
    await toldTimes(3);
    expect(store.state().text).toBe(TEXT);
  });

  it('asks no more once all has come', async () => {
    const { played, store, join } = arrange();
    const leave = join();
    await played.requested();
    played.send(STARTED, ...CHUNKS, COMPLETED);
    await vi.waitUntil(() => store.state().status === 'completed');
    leave();
    join();
    await nextTurn();
    expect(played.signals).toHaveLength(1);
  });

  it('does not say of chunks that were not wanted whether they were the answer', async () => {
    const { played, store, join } = arrange();
    join();
    await played.requested();
    played.send(STARTED, COMPLETED);
    await vi.waitUntil(() => store.state().status === 'completed');
    expect(store.state()).toStrictEqual({ text: TEXT, last: COMPLETED, status: 'completed' });
  });

  it('tells the others, too, when one who listens throws, and the platform reports that', async () => {
    const reported: (() => void)[] = [];
    vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((report) => reported.push(report));
    const { played, store, told, join, toldTimes } = arrange();
    store.subscribe(() => {
      throw new Error('a defect of the page');
    });
    join();
    await played.requested();
    played.send(STARTED, ...CHUNKS);
    await toldTimes(1);
    expect(told).toMatchObject([{ text: TEXT, status: 'streaming' }]);
    expect(reported[0]).toThrow('a defect of the page');
  });

  it('says why it was refused for good', async () => {
    const error = { code: 'NOT_FOUND', message: 'There is no execution "e1".' };
    const { store, told, join, toldTimes } = arrange(() => Promise.resolve(Response.json({ error }, { status: 404 })));
    join();
    await toldTimes(1);
    expect(told).toHaveLength(1);
    expect(store.state()).toMatchObject({ status: 'refused', text: '', error });
  });
});
