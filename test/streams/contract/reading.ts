import { beforeEach, describe, expect, it } from 'vitest';

import type { StreamLog } from '../../../src/streams/stream-log.js';
import { aClaim, anEnding, anExecution, chunk, readPage, type UnderTest } from './stream-backend.js';

export function reading(backend: UnderTest): void {
  describe('read', () => {
    let log: StreamLog;
    let executionId: string;

    /** Entries 0, 1 to 3, 4 to 5, 6. */
    beforeEach(async () => {
      log = backend().openLog();
      executionId = anExecution();
      const writer = await log.open(executionId, aClaim());
      await writer.append([chunk('a'), chunk('b'), chunk('c')]);
      await writer.append([chunk('d'), chunk('e')]);
      await writer.append([chunk('f')]);
    });

    it('says that a log is absent before its writer has come', async () => {
      const page = await readPage(log, 'nobody');
      expect(page).toEqual({ executionId: 'nobody', state: 'absent', next: 0, entries: [] });
    });

    it.each([
      ['at the beginning', 0, [0, 1, 4, 6]],
      ['at the first event of an entry', 4, [4, 6]],
      ['within an entry, with that entry', 3, [1, 4, 6]],
      ['at the last event', 6, [6]],
    ])('begins %s', async (_where, from, firsts) => {
      const { entries } = await readPage(log, executionId, from);
      expect(entries.map(({ first }) => first)).toEqual(firsts);
    });

    it.each([7, 8, 1_000_000])('has no entries from %i on, but state and next', async (from) => {
      const page = await readPage(log, executionId, from);
      expect(page).toEqual({ executionId, state: 'open', next: 7, entries: [] });
    });

    it('gives as many entries as asked for, and next of the whole log', async () => {
      const { entries, next } = await readPage(log, executionId, 2, 2);
      expect(entries.map(({ first }) => first)).toEqual([1, 4]);
      expect(next).toBe(7);
    });

    it('answers many ranges at once, in their order, also of the same log', async () => {
      const ended = anExecution();
      await log.close(ended, anEnding());
      const pages = await log.read([
        { executionId, from: 6, limit: 5 },
        { executionId: 'nobody', from: 0, limit: 5 },
        { executionId: ended, from: 0, limit: 5 },
        { executionId, from: 0, limit: 1 },
      ]);
      const seen = pages.map(({ state, next, entries }) => [state, next, entries.map(({ first }) => first)]);
      expect(seen).toEqual([
        ['open', 7, [6]],
        ['absent', 0, []],
        ['closed', 1, [0]],
        ['open', 7, [0]],
      ]);
      expect(pages.map((page) => page.executionId)).toEqual([executionId, 'nobody', ended, executionId]);
    });

    it('answers no range with nothing', async () => {
      expect(await log.read([])).toEqual([]);
    });

    it('sees in another process what was stored in this one', async () => {
      expect(await readPage(backend().openLog(), executionId)).toEqual(await readPage(log, executionId));
    });
  });
}
