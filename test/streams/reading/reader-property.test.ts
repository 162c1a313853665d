import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CircuitBreakerError } from '../../../src/core/errors.js';
import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import { MemoryStreamLog } from '../../../src/streams/memory/memory-stream-log.js';
import { MemoryStreams } from '../../../src/streams/memory/memory-streams.js';
import { StreamReader } from '../../../src/streams/reading/reader.js';
import {
  StreamFenced,
  StreamLost,
  type StreamLog,
  type StreamPage,
  type StreamRange,
  type StreamWake,
} from '../../../src/streams/stream-log.js';
import type { StreamViewer } from '../../../src/streams/reading/viewer.js';
import { anExecution } from '../../storage/contract/execution-store.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { streamFaults } from '../../support/stream-viewer.js';
import { aClaim, anEnding, chunk, readEvents, viewedText } from '../contract/stream-backend.js';

const ID = 'doc-1:review:1';

/** What becomes of one wake-up: how often it is delivered, and after how long. */
const fate = fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 2 });
const attempt = fc.record({
  startsAtMs: fc.integer({ min: 0, max: 2000 }),
  turn: fc.integer({ min: 1, max: 2 }),
  appends: fc.array(fc.array(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }), {
    maxLength: 60,
    size: 'max',
  }),
  pauseMs: fc.integer({ min: 0, max: 40 }),
});
const viewer = fc.record({
  joinsAtMs: fc.integer({ min: 0, max: 6000 }),
  /** The share of the events written by then that it has seen before; it may be told that it saw none. */
  seen: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  /** How long it takes over what it gets. */
  drainsInMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1500 })),
});
/** The log forgets its tail, or all of it. */
const loss = fc.record({ atMs: fc.integer({ min: 0, max: 4000 }), from: fc.integer({ min: 0, max: 40 }) });
const story = fc.record({
  bufferSize: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 9, max: 300 })),
  fates: fc.array(fate, { minLength: 1, maxLength: 20 }),
  /** Which of the reader's first reads fail. */
  failures: fc.array(fc.boolean(), { maxLength: 40 }),
  losses: fc.array(loss, { maxLength: 2 }),
  attempts: fc.array(attempt, { minLength: 1, maxLength: 3 }),
  viewers: fc.array(viewer, { minLength: 1, maxLength: 5 }),
});
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

/** What the reader has: wake-ups get lost, repeated and late, each by its fate, and reads fail. */
class UnreliableLog extends MemoryStreamLog {
  readonly #told: Pick<Story, 'fates' | 'failures'>;
  #heard = 0;
  #asked = 0;

  constructor(streams: MemoryStreams, told: Pick<Story, 'fates' | 'failures'>) {
    super(streams);
    this.#told = told;
  }

  override async read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]> {
    this.#asked += 1;
    if (this.#told.failures[this.#asked] === true) throw new CircuitBreakerError('UNAVAILABLE', 'It is away.');
    return await super.read(ranges);
  }

  override watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    let isWatching = true;
    const { fates } = this.#told;
    const end = super.watch(executionId, (wake) => {
      const fate = fates[this.#heard % fates.length] ?? [];
      this.#heard += 1;
      for (const delayMs of fate) {
        setTimeout(() => {
          if (isWatching) onWake(wake);
        }, delayMs);
      }
    });
    return () => {
      isWatching = false;
      end();
    };
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function write(log: StreamLog, { startsAtMs, turn, appends, pauseMs }: Story['attempts'][number]): Promise<void> {
  await wait(startsAtMs);
  const claim = aClaim({ epoch: startsAtMs, turn });
  try {
    let writer = await log.open(ID, claim);
    for (const [index, contents] of appends.entries()) {
      try {
        await writer.append(contents.map(chunk));
      } catch (error) {
        if (!(error instanceof StreamLost)) throw error;
        writer = await log.open(ID, claim);
        await writer.append(
          appends
            .slice(0, index + 1)
            .flat()
            .map(chunk),
        );
      }
      await wait(pauseMs);
    }
  } catch (error) {
    if (!(error instanceof StreamFenced)) throw error;
  }
}

interface View {
  /** What it had seen before it came, perhaps through another process. */
  readonly held: readonly StreamEvent[];
  readonly got: readonly StreamEvent[];
}

async function view(
  { reader, log }: { reader: StreamReader; log: StreamLog },
  { joinsAtMs, seen, drainsInMs }: Story['viewers'][number],
): Promise<View> {
  await wait(joinsAtMs);
  for (;;) {
    const written = seen === undefined ? [] : await readEvents(log, ID);
    const held = written.slice(0, Math.floor((seen ?? 0) * written.length));
    const after = held.at(-1)?.sequence;
    const viewer = await reader.open(ID, after === undefined ? {} : { after }).catch(() => undefined);
    if (viewer !== undefined) return { held, got: await drain(viewer, drainsInMs) };
    await wait(100);
  }
}

async function drain(viewer: StreamViewer, pauseMs: number): Promise<readonly StreamEvent[]> {
  const got: StreamEvent[] = [];
  for (let events = await viewer.next(); events !== undefined; events = await viewer.next()) {
    got.push(...events);
    await wait(pauseMs);
  }
  return got;
}

async function play(told: Story) {
  const streams = new MemoryStreams();
  const log = new MemoryStreamLog(streams);
  const lookup = {
    find: () => Promise.resolve(anExecution({ id: ID, status: 'RUNNING' })),
    finish: () => Promise.resolve(),
  };
  const unreliable = new UnreliableLog(streams, told);
  const reader = new StreamReader({ log: unreliable, lookup, bufferSize: told.bufferSize, logger: new MemoryLogger() });
  const viewing = Promise.all(told.viewers.map((one) => view({ reader, log }, one)));
  for (const { atMs, from } of told.losses) {
    setTimeout(() => {
      streams.cut(ID, from);
    }, atMs);
  }
  const writing = Promise.all([wait(5001), ...told.attempts.map((one) => write(log, one))]).then(() =>
    log.close(ID, anEnding()),
  );
  await vi.advanceTimersByTimeAsync(15_000);
  await writing;
  // One that has not ended by now never will; waiting for it would say less than this.
  const views = await Promise.race([viewing, vi.advanceTimersByTimeAsync(60_000).then(() => undefined)]);
  const stats = reader.stats();
  await reader.shutdown();
  return { all: await readEvents(log, ID), views, stats };
}

/** What came since the stream last began again from 0. */
function sinceRestart(events: readonly StreamEvent[]): readonly StreamEvent[] {
  const restart = events.findLastIndex(({ sequence }, index) => sequence <= (events[index - 1]?.sequence ?? -1));
  return restart === -1 ? events : events.slice(restart);
}

async function expectWhole(told: Story): Promise<void> {
  const { all, views, stats } = await play(told);
  expect(views).toHaveLength(told.viewers.length);
  for (const { held, got } of views ?? []) {
    const whole = [...held, ...got];
    const last = told.losses.length === 0 ? whole : sinceRestart(whole);
    expect(streamFaults(last)).toEqual([]);
    expect(viewedText(last)).toBe(viewedText(all));
    expect(last.at(-1)).toEqual(all.at(-1));
  }
  expect(stats).toEqual({ streams: 0, viewers: 0 });
}

describe('the reader, whatever becomes of wake-ups and reads,', { tags: 'attempts-void' }, () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('gives every viewer what follows its cursor, in order and once, the right text and the end', async () => {
    const stories = story.map((told) => ({ ...told, losses: [] }));
    await fc.assert(fc.asyncProperty(stories, expectWhole), { numRuns: 100 });
  });

  it('gives every viewer the text that a log holds which has lost its tail and grown again', async () => {
    await fc.assert(fc.asyncProperty(story, expectWhole), { numRuns: 100 });
  });
});
