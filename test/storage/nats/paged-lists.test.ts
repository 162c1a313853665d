import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { PagedLists } from '../../../src/storage/nats/paged-lists.js';
import { MemoryRecords } from '../../support/memory-records.js';

const member = (n: number): string => `m${String(n).padStart(5, '0')}`;
const members = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, n) => member(from + n));
const ALL = { limit: 100_000 };

async function addAll(lists: PagedLists, wanted: readonly string[]): Promise<void> {
  await Promise.all(wanted.map((one) => lists.add('l', one)));
}

describe('a list in pages', () => {
  it.each(['l', 'l/of-one'])(
    '%s keeps what several processes add and take off at once, in any order, as a set would',
    async (list) => {
      const change = fc.record({ n: fc.nat(700), isAdded: fc.boolean(), by: fc.nat(2), waits: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 900, size: 'max' }), async (changes) => {
          const records = new MemoryRecords();
          const processes = [0, 1, 2].map(() => new PagedLists(records));
          // Of one member all changes come from one process, whose order is then theirs.
          const expected = new Set<string>();
          let under: Promise<void>[] = [];
          for (const { n, isAdded, waits } of changes) {
            const lists = processes[n % 3];
            under.push(lists?.[isAdded ? 'add' : 'remove'](list, member(n)) ?? Promise.resolve());
            if (isAdded) expected.add(member(n));
            else expected.delete(member(n));
            if (!waits || under.length < 50) continue;
            await Promise.all(under);
            under = [];
          }
          await Promise.all(under);
          const reader = new PagedLists(records);
          const sorted = [...expected].sort();
          expect(await reader.read(list, { order: 'oldest', ...ALL })).toEqual(sorted);
          expect(await reader.read(list, { order: 'newest', ...ALL })).toEqual(sorted.toReversed());
          await Promise.all(sorted.map((one) => reader.remove(list, one)));
          expect(await reader.read(list, { order: 'oldest', ...ALL })).toEqual([]);
          if (list !== 'l') expect([...records.records.keys()]).toEqual([]);
        }),
        { numRuns: 20 },
      );
    },
  );

  it('gives any part of itself, from either end', async () => {
    const lists = new PagedLists(new MemoryRecords());
    await addAll(lists, members(0, 2000));
    await fc.assert(
      fc.asyncProperty(fc.nat(2100), fc.nat(2100), fc.integer({ min: 1, max: 400 }), async (from, to, limit) => {
        const [above, below] = [member(from), member(to)];
        const within = members(0, 2000).filter((one) => one > above && one < below);
        const range = { above, below, limit };
        expect(await lists.read('l', { order: 'oldest', ...range })).toEqual(within.slice(0, limit));
        expect(await lists.read('l', { order: 'newest', ...range })).toEqual(within.toReversed().slice(0, limit));
      }),
    );
  });

  it('of 100,000 members is read a page at a time, wherever one begins', async () => {
    const records = new MemoryRecords();
    const lists = new PagedLists(records);
    for (let from = 0; from < 100_000; from += 2000) await addAll(lists, members(from, from + 2000));
    const reader = new PagedLists(records);
    let bytes = 0;
    const getMany = records.getMany.bind(records);
    records.getMany = async (keys) => {
      const found = await getMany(keys);
      bytes += found.reduce((sum, one) => sum + (one?.text.length ?? 0), 0);
      return found;
    };
    for (const below of [undefined, member(70_123), member(51)]) {
      bytes = 0;
      const range = { order: 'newest', limit: 50, ...(below === undefined ? {} : { below }) } as const;
      expect(await reader.read('l', range)).toHaveLength(50);
      // The directory, and a few of its eight hundred pages of a kilobyte.
      expect(bytes).toBeLessThan(100_000);
    }
  });

  it('leaves out for good the pages from which all has gone', async () => {
    const records = new MemoryRecords();
    const lists = new PagedLists(records);
    await addAll(lists, members(0, 5000));
    const pages = records.records.size;
    await Promise.all(members(0, 4990).map((one) => lists.remove('l', one)));
    const left = members(4990, 5000);
    expect(await lists.read('l', { order: 'oldest', ...ALL })).toEqual(left);
    expect(records.records.size).toBeLessThan(pages / 8);
    await addAll(lists, [member(17)]);
    expect(await new PagedLists(records).read('l', { order: 'newest', ...ALL })).toEqual([
      ...left.toReversed(),
      member(17),
    ]);
  });

  it('loses nothing that was added, wherever a process dies', async () => {
    for (let step = 1; step < 40; step += 3) {
      const records = new MemoryRecords();
      await addAll(new PagedLists(records), members(0, 250));
      let steps = 0;
      // From this step on nothing is done any more.
      records.onStep = () => ((steps += 1) < step ? Promise.resolve() : Promise.reject(new Error('dead')));
      const dying = new PagedLists(records);
      const added = members(250, 600);
      const more = added.map((one, n) => dying.add('l', n % 2 === 0 ? one : `${member(n % 250)}a`));
      const outcomes = await Promise.allSettled(more);
      records.onStep = () => Promise.resolve();
      const acknowledged = outcomes.flatMap(({ status }, n) =>
        status === 'fulfilled' ? [n % 2 === 0 ? (added[n] ?? '') : `${member(n % 250)}a`] : [],
      );
      const lists = new PagedLists(records);
      await addAll(lists, members(600, 610));
      const there = await lists.read('l', { order: 'oldest', ...ALL });
      expect(there).toEqual([...new Set(there)].sort());
      expect(there).toEqual(expect.arrayContaining([...members(0, 250), ...acknowledged, ...members(600, 610)]));
    }
  });
});
