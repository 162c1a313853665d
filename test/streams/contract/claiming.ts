import { describe, expect, it } from 'vitest';

import { StreamFenced } from '../../../src/streams/stream-log.js';
import {
  aClaim,
  anEnding,
  anExecution,
  chunk,
  outline,
  readEvents,
  readPage,
  type UnderTest,
} from './stream-backend.js';

export function claiming(backend: UnderTest): void {
  describe('open', () => {
    it('begins a log with attempt_started at sequence 0', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const writer = await log.open(executionId, aClaim({ reason: 'first' }));
      expect(writer.attempt).toBe(1);
      expect(await readEvents(log, executionId)).toEqual([
        {
          executionId,
          sequence: 0,
          turn: 1,
          attempt: 1,
          eventType: 'attempt_started',
          status: 'first',
          timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
        },
      ]);
    });

    it('counts attempts for each turn by itself, whatever came in between', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      const attempts = [];
      for (const [epoch, turn] of [
        [1, 1],
        [2, 1],
        [3, 2],
        [4, 1],
        [5, 2],
      ] as const) {
        attempts.push((await log.open(executionId, aClaim({ epoch, turn }))).attempt);
      }
      expect(attempts).toEqual([1, 2, 1, 3, 2]);
    });

    it('gives every attempt an opening of its own', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await log.open(executionId, aClaim({ epoch: 1 }));
      await log.open(executionId, aClaim({ epoch: 2 }));
      const { entries } = await readPage(log, executionId);
      expect(new Set(entries.map(({ opening }) => opening)).size).toBe(2);
    });

    it('is the same opening when it is repeated before anything was appended', async () => {
      const executionId = anExecution();
      await backend().openLog().open(executionId, aClaim());
      const log = backend().openLog();
      const again = await log.open(executionId, aClaim());
      await again.append([chunk('a')]);
      expect(outline(await readEvents(log, executionId))).toEqual(['0 1/1 attempt_started', '1 1/1 content_chunk a']);
    });

    it('is a new attempt when it is repeated after text was appended', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await (await log.open(executionId, aClaim())).append([chunk('a')]);
      const again = await log.open(executionId, aClaim());
      expect(again.attempt).toBe(2);
      expect(outline(await readEvents(log, executionId)).at(-1)).toBe('2 1/2 attempt_started');
    });

    it('is refused to an epoch that comes late, also one that never opened', { tags: 'one-writer' }, async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await log.open(executionId, aClaim({ epoch: 1001 }));
      await expect(log.open(executionId, aClaim({ epoch: 1000 }))).rejects.toThrow(StreamFenced);
      expect(await readEvents(log, executionId)).toHaveLength(1);
    });

    it('is refused once the log is closed, whatever the epoch', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await log.close(executionId, anEnding());
      await expect(log.open(executionId, aClaim({ epoch: Number.MAX_SAFE_INTEGER }))).rejects.toThrow(StreamFenced);
    });

    it('tells the largest epoch from the one before it', async () => {
      const log = backend().openLog();
      const executionId = anExecution();
      await log.open(executionId, aClaim({ epoch: Number.MAX_SAFE_INTEGER }));
      const late = log.open(executionId, aClaim({ epoch: Number.MAX_SAFE_INTEGER - 1 }));
      await expect(late).rejects.toThrow(StreamFenced);
    });
  });
}
