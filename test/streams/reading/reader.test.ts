import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { StreamEventType } from '../../../src/core/streams/stream-event.js';
import type { StreamWriter } from '../../../src/streams/stream-log.js';
import { aClaim, anEnding, chunk, outline, readEvents, viewedText } from '../contract/stream-backend.js';
import { aReader, type ReaderUnderTest } from './reader-under-test.js';
import { sequences, viewAll } from './viewed.js';

const ID = 'doc-1:review:1';

describe('the reader', () => {
  let test: ReaderUnderTest;

  beforeEach(() => {
    vi.useFakeTimers();
    test = aReader();
    test.know(ID, 'RUNNING');
  });
  afterEach(async () => {
    await test.reader.shutdown();
    vi.useRealTimers();
  });

  /** Writes chunks of one letter each, with some time between. */
  async function write(text: string, writer?: StreamWriter): Promise<StreamWriter> {
    const through = writer ?? (await test.log.open(ID, aClaim()));
    for (const letter of text) {
      await through.append([chunk(letter)]);
      await vi.advanceTimersByTimeAsync(5);
    }
    return through;
  }

  async function writeAndClose(text: string, writer?: StreamWriter): Promise<void> {
    await write(text, writer);
    await test.log.close(ID, anEnding());
    await vi.advanceTimersByTimeAsync(1000);
  }

  it('refuses an execution that nobody knows', async () => {
    await expect(test.reader.open('unknown')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect([test.reader.stats(), test.log.watches]).toEqual([{ streams: 0, viewers: 0 }, 0]);
  });

  it.each(['PENDING', 'RUNNING', 'WAITING_FOR_APPROVAL'] as const)(
    'waits for an execution that is %s and has written nothing',
    async (status) => {
      test.know(ID, status);
      const viewing = viewAll(await test.reader.open(ID));
      await vi.advanceTimersByTimeAsync(60_000);
      await writeAndClose('abc');
      expect(await viewing).toEqual(await readEvents(test.log, ID));
    },
  );

  it('gives everyone each event once and in order, whenever they come', async () => {
    const before = viewAll(await test.reader.open(ID));
    const writer = await write('abc');
    const during = viewAll(await test.reader.open(ID));
    await writeAndClose('def', writer);
    const after = viewAll(await test.reader.open(ID));
    const all = await readEvents(test.log, ID);
    expect([await before, await during, await after]).toEqual([all, all, all]);
    expect(outline(all).at(-1)).toBe('7 1/1 failed');
  });

  it('delivers what is written at once, without a look at the log', async () => {
    const viewer = await test.reader.open(ID);
    const writer = await write('a');
    await viewer.next();
    const [reads, pending] = [test.log.reads.length, viewer.next()];
    await write('b', writer);
    expect(outline((await pending) ?? [])).toEqual(['2 1/1 content_chunk b']);
    expect(test.log.reads.length).toBe(reads);
  });

  it('goes through all attempts and turns of one stream', async () => {
    const viewing = viewAll(await test.reader.open(ID));
    await write('abc');
    await write('abcd', await test.log.open(ID, aClaim({ epoch: 2000 })));
    await writeAndClose('xyz', await test.log.open(ID, aClaim({ epoch: 3000, turn: 2 })));
    const events = await viewing;
    expect(events).toEqual(await readEvents(test.log, ID));
    expect(viewedText(events)).toBe('xyz');
  });

  describe('given a cursor', () => {
    it.each([
      [0, [1, 2, 3, 4]],
      [2, [3, 4]],
    ])('of %i, gives what follows it, before and after the end', async (after, expected) => {
      const writer = await write('ab');
      const viewing = viewAll(await test.reader.open(ID, { after }));
      await writeAndClose('c', writer);
      const late = await viewAll(await test.reader.open(ID, { after }));
      expect([sequences(await viewing), sequences(late)]).toEqual([expected, expected]);
    });

    it('beyond an open stream, gives everything from 0', async () => {
      const writer = await write('ab');
      const viewing = viewAll(await test.reader.open(ID, { after: 17 }));
      await writeAndClose('c', writer);
      expect(await viewing).toEqual(await readEvents(test.log, ID));
    });

    it.each([4, 17])('of %i, gives the end alone when the stream has ended before', async (after) => {
      await writeAndClose('abc');
      const viewer = await test.reader.open(ID, { after });
      expect([await viewer.next(), viewer.end]).toEqual([undefined, 'ended']);
    });

    describe('of what another process has shown, while no wake-up came to this one', () => {
      beforeEach(async () => {
        await test.reader.open(ID);
        await vi.advanceTimersByTimeAsync(1000);
        test.log.losesWakes = true;
      });

      it('gives what follows it', async () => {
        const writer = await write('abc');
        const viewing = viewAll(await test.reader.open(ID, { after: 2 }));
        await writeAndClose('d', writer);
        expect(outline(await viewing)).toEqual(['3 1/1 content_chunk c', '4 1/1 content_chunk d', '5 1/1 failed']);
      });

      it.each([4, 17])('gives the end alone to one of %i when the stream has ended', async (after) => {
        await write('abc');
        await test.log.close(ID, anEnding());
        const viewer = await test.reader.open(ID, { after });
        expect([await viewer.next(), viewer.end]).toEqual([undefined, 'ended']);
      });
    });

    it('into what the ring no longer has, reads the log', async () => {
      test = aReader(4);
      const writer = await write('abcdefghijklmnop');
      const viewers = [await test.reader.open(ID, { after: 2 }), await test.reader.open(ID)].map(viewAll);
      await writeAndClose('qrst', writer);
      const [late, whole] = await Promise.all(viewers);
      expect(sequences(late ?? [])).toEqual(Array.from({ length: 19 }, (_, index) => index + 3));
      expect(viewedText(whole ?? [])).toBe('abcdefghijklmnopqrst');
    });
  });

  it('lets beginnings and ends of attempts through every filter', async () => {
    const types = new Set<StreamEventType>(['tool_call']);
    const viewing = viewAll(await test.reader.open(ID, { types }));
    await write('abc');
    await writeAndClose('d', await test.log.open(ID, aClaim({ epoch: 2000 })));
    const expected = ['0 1/1 attempt_started', '4 1/2 attempt_started', '6 1/1 failed'];
    expect(outline(await viewing)).toEqual(expected);
    expect(outline(await viewAll(await test.reader.open(ID, { types })))).toEqual(expected);
  });

  it.each(['', 'a\0b', 'half \ud83d', 'x'.repeat(1001)])(
    'asks no log for %j, which is no id: nobody knows it',
    async (id) => {
      await expect(test.reader.open(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(test.log.reads).toEqual([]);
    },
  );

  describe('of an ended execution whose log is gone', () => {
    const answered = { finalResponse: 'abc', lastSequence: 9 };

    it('gives the stored answer, ending at the last sequence', async () => {
      test.know(ID, 'COMPLETED', answered);
      const events = await viewAll(await test.reader.open(ID));
      const expected = ['7 1/1 attempt_started', '8 1/1 content_chunk abc', '9 1/1 completed'];
      expect(outline(events)).toEqual(expected);
      expect(events.at(-1)).toMatchObject({ final_response: 'abc', length: 3 });
    });

    it('gives the same after a log was written and removed', async () => {
      await writeAndClose('abc');
      await test.log.remove([ID]);
      test.know(ID, 'COMPLETED', { ...answered, lastSequence: 4 });
      expect(sequences(await viewAll(await test.reader.open(ID)))).toEqual([2, 3, 4]);
    });

    it('gives how it failed', async () => {
      test.know(ID, 'CANCELLED', { errorCode: 'cancelled', lastSequence: 5 });
      const events = await viewAll(await test.reader.open(ID));
      expect(outline(events)).toEqual(['4 1/1 attempt_started', '5 1/1 failed']);
      expect(events.at(-1)).toMatchObject({ status: 'cancelled', errorCode: 'cancelled' });
    });

    it.each([9, 17])('gives the end alone to a cursor of %i', async (after) => {
      test.know(ID, 'COMPLETED', answered);
      const viewer = await test.reader.open(ID, { after });
      expect([await viewer.next(), viewer.end]).toEqual([undefined, 'ended']);
    });

    it.each([
      ['that has begun before the text', 6, ['7 1/1 attempt_started', '8 1/1 content_chunk abc', '9 1/1 completed']],
      ['that may hold any part of the text', 7, ['8 1/1 attempt_started', '9 1/1 completed']],
      ['that holds all but the end', 8, ['9 1/1 completed']],
    ])('never adds the answer to the text of a viewer %s', async (_what, after, expected) => {
      test.know(ID, 'COMPLETED', answered);
      const events = await viewAll(await test.reader.open(ID, { after }));
      expect(outline(events)).toEqual(expected);
      expect(events.at(-1)).toMatchObject({ final_response: 'abc' });
    });

    it.each([0, 1, 2, 3, 4])('shows the answer once to one who has seen up to %i of its log', async (after) => {
      await writeAndClose('abcd');
      const held = (await readEvents(test.log, ID)).slice(0, after + 1);
      await test.log.remove([ID]);
      test.know(ID, 'COMPLETED', { finalResponse: 'abcd', lastSequence: 5 });
      const events = await viewAll(await test.reader.open(ID, { after }));
      // Nothing, for one who has no room for a chunk: `completed` tells the text.
      expect(viewedText([...held, ...events])).toBe(after === 3 ? '' : 'abcd');
      expect(events.at(-1)).toMatchObject({ sequence: 5, final_response: 'abcd' });
    });

    it.each([undefined, 0, 32])('tells it whole behind the cursor %s where nobody ever knew its end', async (after) => {
      test.know(ID, 'COMPLETED', { finalResponse: 'abc' });
      const events = await viewAll(await test.reader.open(ID, after === undefined ? {} : { after }));
      const first = (after ?? -1) + 1;
      expect(sequences(events)).toEqual([first, first + 1, first + 2]);
      expect(viewedText(events)).toBe('abc');
    });

    it('lets beginning and end through every filter', async () => {
      test.know(ID, 'COMPLETED', answered);
      const events = await viewAll(await test.reader.open(ID, { types: new Set(['thinking']) }));
      expect(sequences(events)).toEqual([7, 9]);
    });

    it('watches nothing', async () => {
      test.know(ID, 'COMPLETED', answered);
      await test.reader.open(ID);
      expect([test.reader.stats(), test.log.watches]).toEqual([{ streams: 0, viewers: 0 }, 0]);
    });
  });
});
