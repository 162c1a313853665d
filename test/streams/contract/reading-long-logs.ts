import { beforeAll, describe, expect, it } from 'vitest';

import type { StreamLog } from '../../../src/streams/stream-log.js';
import { aClaim, anExecution, chunk, readPage, type UnderTest } from './stream-backend.js';

const ENTRIES = 300;

export function readingLongLogs(backend: UnderTest): void {
  describe('read of a long log', () => {
    let log: StreamLog;
    const executionId = anExecution();
    /** For each sequence, the first one of the entry that it is in. */
    const firsts = [0];

    /** Entries of one, two and three events in turn, behind the opening. */
    beforeAll(async () => {
      const writer = await backend().openLog().open(executionId, aClaim());
      for (let n = 1; n < ENTRIES; n += 1) {
        const first = firsts.length;
        const texts = ['a', 'b', 'c'].slice(0, (n % 3) + 1);
        await writer.append(texts.map((text) => chunk(`${n}${text}`)));
        firsts.push(...texts.map(() => first));
      }
      log = backend().openLog();
    });

    it.each([2, 7])('comes to the end with %i entries at a time, each time from the last event on', async (limit) => {
      const seen: number[] = [];
      for (let rounds = 0; seen.length < firsts.length && rounds < ENTRIES; rounds += 1) {
        const { entries, next } = await readPage(log, executionId, Math.max(seen.length - 1, 0), limit);
        expect(next).toBe(firsts.length);
        const events = entries.flatMap((entry) => entry.events).filter(({ sequence }) => sequence >= seen.length);
        seen.push(...events.map(({ sequence }) => sequence));
      }
      expect(seen).toEqual(firsts.map((_, sequence) => sequence));
    });

    it.each([2, 7])('has the entry of any cursor and those behind it, %i in all', async (limit) => {
      const all = [...new Set(firsts)];
      const cursors = [...firsts.keys()].filter((from) => from % 5 === 0);
      const pages = await log.read(cursors.map((from) => ({ executionId, from, limit })));
      const expected = cursors.map((from) => all.slice(all.indexOf(firsts[from] ?? 0)).slice(0, limit));
      expect(pages.map(({ entries }) => entries.map(({ first }) => first))).toEqual(expected);
    });
  });
}
