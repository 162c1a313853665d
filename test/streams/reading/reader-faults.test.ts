import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { StreamWriter } from '../../../src/streams/stream-log.js';
import { aClaim, anEnding, chunk, outline, readEvents, viewedText } from '../contract/stream-backend.js';
import { aReader, type ReaderUnderTest } from './reader-under-test.js';
import { sequences, viewAll } from './viewed.js';

const [ID, OTHER] = ['doc-1:review:1', 'doc-2:review:1'];
const NOBODY = { streams: 0, viewers: 0 };

describe('the reader', () => {
  let test: ReaderUnderTest;

  beforeEach(() => {
    vi.useFakeTimers();
    test = aReader();
    for (const id of [ID, OTHER]) test.know(id, 'RUNNING');
  });
  afterEach(async () => {
    await test.reader.shutdown();
    vi.useRealTimers();
  });

  async function write(text: string, writer?: StreamWriter): Promise<StreamWriter> {
    const through = writer ?? (await test.log.open(ID, aClaim()));
    for (const letter of text) await through.append([chunk(letter)]);
    await vi.advanceTimersByTimeAsync(0);
    return through;
  }

  /** Lets pending promises go on by so many steps. */
  async function turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
  }

  describe('with many viewers', () => {
    it('has one watch for all viewers of a stream', async () => {
      await Promise.all([test.reader.open(ID), test.reader.open(ID)]);
      await test.reader.open(ID);
      expect([test.reader.stats(), test.log.watches]).toEqual([{ streams: 1, viewers: 3 }, 1]);
    });

    it('reads for all streams at once, every second', async () => {
      await Promise.all([test.reader.open(ID), test.reader.open(OTHER)]);
      await vi.advanceTimersByTimeAsync(10);
      test.log.reads.length = 0;
      await vi.advanceTimersByTimeAsync(3000);
      expect(test.log.reads.map((ranges) => ranges.length)).toEqual([2, 2, 2]);
    });

    it('does not look at a stream while it speaks, and does once it is silent', async () => {
      const writer = await write('a');
      await test.reader.open(ID);
      await vi.advanceTimersByTimeAsync(10);
      test.log.reads.length = 0;
      for (let n = 0; n < 20; n += 1) {
        await writer.append([{ eventType: 'content_chunk', content: 'b' }]);
        await vi.advanceTimersByTimeAsync(200);
      }
      expect(test.log.reads).toEqual([]);
      test.log.losesWakes = true;
      await writer.append([{ eventType: 'content_chunk', content: 'c' }]);
      await vi.advanceTimersByTimeAsync(1500);
      expect(test.log.reads.length).toBeGreaterThan(0);
    });

    it('does not look at a stream that is closed', async () => {
      await write('a');
      await test.log.close(ID, anEnding());
      await test.reader.open(ID);
      await vi.advanceTimersByTimeAsync(10);
      test.log.reads.length = 0;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(test.log.reads).toEqual([]);
    });

    it('keeps the watch until the last one leaves', async () => {
      const [one, other] = [await test.reader.open(ID), await test.reader.open(ID)];
      one.leave();
      one.leave();
      expect([test.reader.stats(), test.log.watches]).toEqual([{ streams: 1, viewers: 1 }, 1]);
      other.leave();
      expect([test.reader.stats(), test.log.watches]).toEqual([NOBODY, 0]);
    });

    it('settles the pending call of one who leaves, and of nobody else', async () => {
      const [one, other] = [await test.reader.open(ID), await test.reader.open(ID)];
      const [left, stays] = [one.next(), other.next()];
      await vi.advanceTimersByTimeAsync(0);
      one.leave();
      expect([await left, one.end]).toEqual([undefined, 'left']);
      await write('a');
      expect(outline((await stays) ?? [])).toContain('0 1/1 attempt_started');
    });

    it('settles the call of one who leaves right after it', async () => {
      const viewer = await test.reader.open(ID);
      const pending = viewer.next();
      viewer.leave();
      expect([await pending, viewer.end]).toEqual([undefined, 'left']);
    });

    it('keeps the watch for one who comes at the moment when the last one leaves', async () => {
      const moments = Array.from({ length: 144 }, (_, index) => ({
        comes: index % 12,
        leaves: Math.floor(index / 12),
      }));
      for (const { comes, leaves } of moments) {
        const leaving = test.reader.open(ID).then(async (viewer) => {
          await turns(leaves);
          viewer.leave();
        });
        await turns(comes);
        const stays = await test.reader.open(ID);
        await leaving;
        const held = [comes, leaves, test.reader.stats(), test.log.watches];
        expect(held).toEqual([comes, leaves, { streams: 1, viewers: 1 }, 1]);
        stays.leave();
      }
    });

    it('holds nothing once a stream has ended for all', async () => {
      const viewing = [await test.reader.open(ID), await test.reader.open(ID)].map(viewAll);
      await write('abc');
      await test.log.close(ID, anEnding());
      await vi.advanceTimersByTimeAsync(1000);
      await Promise.all(viewing);
      expect([test.reader.stats(), test.log.watches]).toEqual([NOBODY, 0]);
    });

    it('watches anew for one who comes after all have left', async () => {
      (await test.reader.open(ID)).leave();
      const viewing = viewAll(await test.reader.open(ID));
      await write('abc');
      await test.log.close(ID, anEnding());
      await vi.advanceTimersByTimeAsync(1000);
      expect(await viewing).toEqual(await readEvents(test.log, ID));
    });
  });

  describe('when the process goes away', () => {
    it('tells everyone', async () => {
      const viewers = [await test.reader.open(ID), await test.reader.open(OTHER)];
      const pending = viewers.map((viewer) => viewer.next());
      await vi.advanceTimersByTimeAsync(0);
      await test.reader.shutdown();
      expect(await Promise.all(pending)).toEqual([undefined, undefined]);
      expect(viewers.map(({ end }) => end)).toEqual(['shutting-down', 'shutting-down']);
      expect([test.reader.stats(), test.log.watches]).toEqual([NOBODY, 0]);
    });

    it('tells one who was just coming in', async () => {
      const opening = test.reader.open(ID);
      await test.reader.shutdown();
      const viewer = await opening;
      expect([await viewer.next(), viewer.end]).toEqual([undefined, 'shutting-down']);
      expect([test.reader.stats(), test.log.watches]).toEqual([NOBODY, 0]);
    });

    it('looks no more', async () => {
      await test.reader.open(ID);
      await test.reader.shutdown();
      test.log.reads.length = 0;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(test.log.reads).toEqual([]);
    });
  });

  describe('of a stream that is silent', () => {
    it('has it finished when its execution has ended', async () => {
      const viewing = viewAll(await test.reader.open(ID));
      await write('abc');
      test.know(ID, 'TERMINATED', { errorMessage: 'Terminated by hand.' });
      await vi.advanceTimersByTimeAsync(9000);
      expect(test.finished).toEqual([]);
      await vi.advanceTimersByTimeAsync(3000);
      const events = await viewing;
      expect(test.finished).toEqual([ID]);
      expect(events.at(-1)).toMatchObject({ eventType: 'failed', status: 'terminated', error: 'Terminated by hand.' });
    });

    it('has an answer completed that the log holds in part', async () => {
      const viewing = viewAll(await test.reader.open(ID));
      await write('ab');
      test.know(ID, 'COMPLETED', { finalResponse: 'abc' });
      await vi.advanceTimersByTimeAsync(12_000);
      expect(viewedText(await viewing)).toBe('abc');
    });

    it('waits on while its execution has not ended', async () => {
      const viewer = await test.reader.open(ID);
      await write('abc');
      await vi.advanceTimersByTimeAsync(120_000);
      expect([test.finished, viewer.end]).toEqual([[], undefined]);
    });

    it('asks again when nobody could be asked', async () => {
      const viewing = viewAll(await test.reader.open(ID));
      test.know(ID, 'TERMINATED');
      test.log.isAway = true;
      await vi.advanceTimersByTimeAsync(15_000);
      test.log.isAway = false;
      await vi.advanceTimersByTimeAsync(12_000);
      expect((await viewing).at(-1)).toMatchObject({ status: 'terminated' });
      expect(test.logger.lines.map(({ message }) => message)).toContain('a silent stream could not be looked into');
    });
  });

  describe('of a log with faults', () => {
    it('reads at once what it learns of at any step of its reading for another', async () => {
      const allSteps = Array.from({ length: 30 }, (_, steps) => steps);
      const inTime: number[] = [];
      for (const steps of allSteps) {
        test = aReader();
        for (const id of [ID, OTHER]) test.know(id, 'RUNNING');
        await test.reader.open(ID);
        const viewer = await test.reader.open(OTHER);
        await vi.advanceTimersByTimeAsync(10);
        let isOver = false;
        void viewer.next().then(() => isOver || inTime.push(steps));
        void test.log.open(ID, aClaim());
        await turns(steps);
        void test.log.open(OTHER, aClaim());
        await vi.advanceTimersByTimeAsync(500);
        isOver = true;
        await test.reader.shutdown();
      }
      expect(inTime).toEqual(allSteps);
    });

    it('finds within a second what no wake-up told of', async () => {
      test.log.losesWakes = true;
      const viewing = viewAll(await test.reader.open(ID));
      await write('abc');
      await test.log.close(ID, anEnding());
      await vi.advanceTimersByTimeAsync(1000);
      expect(await viewing).toEqual(await readEvents(test.log, ID));
    });

    it('finds a long stream that no wake-up told of in one look', async () => {
      test = aReader(5000);
      test.know(ID, 'RUNNING');
      test.log.losesWakes = true;
      const viewing = viewAll(await test.reader.open(ID));
      await write('0123456789'.repeat(100));
      await test.log.close(ID, anEnding());
      await vi.advanceTimersByTimeAsync(1000);
      expect(viewedText(await viewing)).toBe('0123456789'.repeat(100));
    });

    it('reads again at the next look when it could not be read', async () => {
      const viewing = viewAll(await test.reader.open(ID));
      test.log.isAway = true;
      const writer = await write('abc');
      await vi.advanceTimersByTimeAsync(3500);
      test.log.isAway = false;
      await write('d', writer);
      await test.log.close(ID, anEnding());
      await vi.advanceTimersByTimeAsync(1000);
      expect(sequences(await viewing)).toEqual([0, 1, 2, 3, 4, 5]);
      expect(test.logger.lines.map(({ level }) => level)).toContain('warn');
    });

    it('refuses one who comes while it cannot be read, and holds nothing for them', async () => {
      test.log.isAway = true;
      await expect(test.reader.open(ID)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect([test.reader.stats(), test.log.watches]).toEqual([NOBODY, 0]);
    });

    it.each([0, 1, 2])(
      'gives the text that is there when the tail from %i on was lost and written anew',
      async (from) => {
        const viewing = viewAll(await test.reader.open(ID));
        await write('abc');
        test.streams.cut(ID, from);
        await write('uvwxyz', await test.log.open(ID, aClaim({ epoch: 2000 })));
        await test.log.close(ID, anEnding());
        await vi.advanceTimersByTimeAsync(2000);
        const events = await viewing;
        expect(viewedText(events)).toBe('uvwxyz');
        const last = await readEvents(test.log, ID);
        expect(events.slice(-last.length)).toEqual(last);
      },
    );
  });

  describe('of a viewer that is behind', () => {
    let writer: StreamWriter;

    beforeEach(async () => {
      test = aReader(2);
      test.know(ID, 'RUNNING');
      writer = await write('abcdefghij');
    });

    it('waits, and goes on, while the log cannot be read', async () => {
      const viewer = await test.reader.open(ID);
      test.log.isAway = true;
      const viewing = viewAll(viewer);
      await vi.advanceTimersByTimeAsync(5000);
      test.log.isAway = false;
      await write('k', writer);
      await test.log.close(ID, anEnding());
      await vi.advanceTimersByTimeAsync(2000);
      expect(viewedText(await viewing)).toBe('abcdefghijk');
    });

    it('has nothing more read once it has left', async () => {
      const viewer = await test.reader.open(ID);
      await vi.advanceTimersByTimeAsync(10);
      test.log.isAway = true;
      test.log.reads.length = 0;
      void viewer.next();
      await turns(1);
      viewer.leave();
      await vi.advanceTimersByTimeAsync(5000);
      expect(test.log.reads.length).toBe(1);
    });

    it('never mixes the log that it knew and the one that has grown since', async () => {
      const viewer = await test.reader.open(ID, { after: 4 });
      await vi.advanceTimersByTimeAsync(10);
      test.log.losesWakes = true;
      test.streams.cut(ID, 0);
      await write('ABCDEFGHIJKL', await test.log.open(ID, aClaim({ epoch: 2000 })));
      await test.log.close(ID, anEnding());
      const viewing = viewAll(viewer);
      await vi.advanceTimersByTimeAsync(2000);
      expect(await viewing).toEqual(await readEvents(test.log, ID));
    });

    it('has the stream finished anew when the log of an ended one is gone', { tags: 'stream-forgot' }, async () => {
      await test.log.close(ID, anEnding());
      const viewer = await test.reader.open(ID);
      await test.log.remove([ID]);
      test.know(ID, 'COMPLETED', { finalResponse: 'abcdefghij' });
      const viewing = viewAll(viewer);
      test.log.reads.length = 0;
      await vi.advanceTimersByTimeAsync(9000);
      expect(test.log.reads.length).toBeLessThan(30);
      await vi.advanceTimersByTimeAsync(6000);
      expect(viewedText(await viewing)).toBe('abcdefghij');
    });
  });
});
