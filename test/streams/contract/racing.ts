import { describe, expect, it } from 'vitest';

import { StreamFenced, StreamLost, type StreamLog, type StreamWriter } from '../../../src/streams/stream-log.js';
import {
  aClaim,
  anEnding,
  anExecution,
  chunk,
  outline,
  readEvents,
  readPage,
  viewedText,
  type UnderTest,
} from './stream-backend.js';

export function racing(backend: UnderTest): void {
  describe('at the same time', () => {
    it('many openings get a sequence each, and the highest epoch writes', { tags: 'one-writer' }, async () => {
      const executionId = anExecution();
      const epochs = [5, 3, 8, 1, 7, 2, 6, 4].map((epoch) => Number.MAX_SAFE_INTEGER - 8 + epoch);
      const opened = await Promise.all(
        epochs.map((epoch) => openUnlessFenced(backend().openLog(), executionId, epoch)),
      );
      const highest = opened[epochs.indexOf(Number.MAX_SAFE_INTEGER)];
      if (highest === undefined) throw new Error('the highest epoch was fenced');
      await highest.append([chunk('mine')]);
      const others = opened.filter((writer) => writer !== undefined && writer !== highest);
      for (const writer of others) await expect(writer?.append([chunk('late')])).rejects.toThrow(StreamFenced);
      const events = await readEvents(backend().openLog(), executionId);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
      expect(events.slice(0, -1).every(({ eventType }) => eventType === 'attempt_started')).toBe(true);
      expect(events.slice(0, -1).map(({ attempt }) => attempt)).toEqual(opened.filter(Boolean).map((_, n) => n + 1));
    });

    it('two writers never mix: behind the opening of the later, all is its text', { tags: 'one-writer' }, async () => {
      const executionId = anExecution();
      const old = backend().openLog();
      const oldWriter = await old.open(executionId, aClaim({ epoch: 1 }));
      const writing = appendUntilRefused(oldWriter, 'old');
      const log = backend().openLog();
      await untilThere(log, executionId, 5);
      const writer = await log.open(executionId, aClaim({ epoch: 2 }));
      for (let count = 0; count < 20; count += 1) await writer.append([chunk('new')]);
      expect(await writing).toBeInstanceOf(StreamFenced);
      expect(viewedText(await readEvents(log, executionId))).toBe('new'.repeat(20));
    });

    it('many closings agree on one terminal event', async () => {
      const executionId = anExecution();
      await backend().openLog().open(executionId, aClaim());
      const logs = Array.from({ length: 8 }, () => backend().openLog());
      const sequences = await Promise.all(logs.map((log) => log.close(executionId, anEnding())));
      expect(sequences).toEqual(sequences.map(() => 1));
      expect(outline(await readEvents(backend().openLog(), executionId))).toHaveLength(2);
    });

    it('a close ends a writer that is in full swing, behind all that it was told was stored', async () => {
      const executionId = anExecution();
      const log = backend().openLog();
      const stored: string[] = [];
      const writer = await log.open(executionId, aClaim());
      const writing = appendUntilRefused(writer, 'x', stored);
      await untilThere(log, executionId, 10);
      const terminal = await log.close(executionId, anEnding());
      expect(await writing).toBeInstanceOf(StreamFenced);
      const events = await readEvents(log, executionId);
      expect(events.map(({ eventType }) => eventType).indexOf('failed')).toBe(terminal);
      expect(events).toHaveLength(terminal + 1);
      expect(viewedText(events)).toBe(stored.join(''));
    });

    it('an opening and a close leave either of two orders, and nothing behind the end', async () => {
      for (let round = 0; round < 10; round += 1) {
        const executionId = anExecution();
        const log = backend().openLog();
        const [opened] = await Promise.all([
          openUnlessFenced(log, executionId, 1),
          backend().openLog().close(executionId, anEnding()),
        ]);
        const events = await readEvents(log, executionId);
        const expected = opened === undefined ? ['0 1/1 failed'] : ['0 1/1 attempt_started', '1 1/1 failed'];
        expect(outline(events)).toEqual(expected);
      }
    });

    it('fifty writers of one process keep their order', async () => {
      const log = backend().openLog();
      const executions = Array.from({ length: 50 }, anExecution);
      await Promise.all(
        executions.map(async (executionId) => {
          const writer = await log.open(executionId, aClaim());
          for (let n = 0; n < 20; n += 1) await writer.append([chunk(`${n} `), chunk('.')]);
        }),
      );
      const expected = Array.from({ length: 20 }, (_, n) => `${n} .`).join('');
      for (const executionId of executions) {
        expect(viewedText(await readEvents(log, executionId))).toBe(expected);
      }
    });
  });
}

async function openUnlessFenced(log: StreamLog, executionId: string, epoch: number): Promise<StreamWriter | undefined> {
  try {
    return await log.open(executionId, aClaim({ epoch }));
  } catch (error) {
    if (error instanceof StreamFenced) return undefined;
    throw error;
  }
}

/** Appends one chunk after the other until the log refuses; returns why, and in `stored` what it had taken. */
async function appendUntilRefused(writer: StreamWriter, text: string, stored: string[] = []): Promise<unknown> {
  for (;;) {
    try {
      await writer.append([chunk(text)]);
      stored.push(text);
    } catch (error) {
      if (error instanceof StreamFenced || error instanceof StreamLost) return error;
      throw error;
    }
    // An in-process log answers without a pause in which anyone else could come in.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function untilThere(log: StreamLog, executionId: string, next: number): Promise<void> {
  while ((await readPage(log, executionId)).next < next) await new Promise((resolve) => setImmediate(resolve));
}
