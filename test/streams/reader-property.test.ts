import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { StreamEvent } from '../../src/core/stream-event.js';
import { MemoryStreamLog } from '../../src/streams/memory/memory-stream-log.js';
import { StreamReader } from '../../src/streams/reader.js';
import { StreamFenced, type StreamLog, type StreamWake } from '../../src/streams/stream-log.js';
import { anExecution } from '../storage/contract/execution-store.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { streamFaults } from '../support/stream-viewer.js';
import { aClaim, anEnding, chunk, readEvents, viewedText } from './contract/stream-backend.js';
import { viewAll } from './viewed.js';

const ID = 'doc-1:review:1';

/** What becomes of one wake-up: how often it is delivered, and after how long. */
const fate = fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 2 });
const attempt = fc.record({
  startsAtMs: fc.integer({ min: 0, max: 2000 }),
  turn: fc.integer({ min: 1, max: 2 }),
  appends: fc.array(fc.array(fc.string({ minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }), {
    maxLength: 60,
  }),
  pauseMs: fc.integer({ min: 0, max: 40 }),
});
const viewer = fc.record({
  joinsAtMs: fc.integer({ min: 0, max: 6000 }),
  /** The share of the events written by then that it has seen before; it may be told that it saw none. */
  seen: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
});
const story = fc.record({
  bufferSize: fc.integer({ min: 1, max: 300 }),
  fates: fc.array(fate, { minLength: 1, maxLength: 20 }),
  attempts: fc.array(attempt, { minLength: 1, maxLength: 3 }),
  viewers: fc.array(viewer, { minLength: 1, maxLength: 5 }),
});
type Story = typeof story extends fc.Arbitrary<infer S> ? S : never;

/** Wake-ups get lost, repeated and late, each by its fate. */
class UnreliableLog extends MemoryStreamLog {
  private heard = 0;

  constructor(private readonly fates: Story['fates']) {
    super();
  }

  override watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    let isWatching = true;
    const end = super.watch(executionId, (wake) => {
      const fate = this.fates[this.heard % this.fates.length] ?? [];
      this.heard += 1;
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
  try {
    const writer = await log.open(ID, aClaim({ epoch: startsAtMs, turn }));
    for (const contents of appends) {
      await writer.append(contents.map(chunk));
      await wait(pauseMs);
    }
  } catch (error) {
    if (!(error instanceof StreamFenced)) throw error;
  }
}

interface View {
  /** What it had seen before it came. */
  readonly held: readonly StreamEvent[];
  readonly got: readonly StreamEvent[];
}

async function view(
  { reader, log }: { reader: StreamReader; log: StreamLog },
  { joinsAtMs, seen }: Story['viewers'][number],
): Promise<View> {
  await wait(joinsAtMs);
  const written = seen === undefined ? [] : await readEvents(log, ID);
  const held = written.slice(0, Math.floor((seen ?? 0) * written.length));
  // Whoever's process already watches may not know yet of what another has shown: see the reader's tests of cursors.
  await wait(1001);
  const after = held.at(-1)?.sequence;
  const got = await viewAll(await reader.open(ID, after === undefined ? {} : { after }));
  return { held, got };
}

async function play({ bufferSize, fates, attempts, viewers }: Story) {
  const log = new UnreliableLog(fates);
  const lookup = {
    find: () => Promise.resolve(anExecution({ id: ID, status: 'RUNNING' })),
    finish: () => Promise.resolve(),
  };
  const reader = new StreamReader({ log, lookup, bufferSize, logger: new MemoryLogger() });
  const viewing = Promise.all(viewers.map((one) => view({ reader, log }, one)));
  const writing = Promise.all(attempts.map((one) => write(log, one))).then(() => log.close(ID, anEnding()));
  await vi.advanceTimersByTimeAsync(15_000);
  await writing;
  // One that has not ended by now never will; waiting for it would say less than this.
  const views = await Promise.race([viewing, vi.advanceTimersByTimeAsync(5000).then(() => undefined)]);
  const stats = reader.stats();
  await reader.shutdown();
  return { all: await readEvents(log, ID), views, stats };
}

describe('the reader, whatever becomes of the wake-ups,', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('gives every viewer what follows its cursor, in order and once, the right text and the end', async () => {
    await fc.assert(
      fc.asyncProperty(story, async (told) => {
        const { all, views, stats } = await play(told);
        expect(views).toHaveLength(told.viewers.length);
        for (const { held, got } of views ?? []) {
          const whole = [...held, ...got];
          expect(streamFaults(whole)).toEqual([]);
          expect(viewedText(whole)).toBe(viewedText(all));
          expect(whole.at(-1)).toEqual(all.at(-1));
        }
        expect(stats).toEqual({ streams: 0, viewers: 0 });
      }),
      { numRuns: 60 },
    );
  });
});
