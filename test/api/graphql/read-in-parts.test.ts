import { describe, expect, it } from 'vitest';

import { RequestWork } from '../../../src/api/graphql/answers/request-work.js';
import { Turns } from '../../../src/api/graphql/answers/turns.js';
import { pageInParts, readInParts } from '../../../src/api/graphql/read-in-parts.js';

const MEGABYTE = 1_000_000;

/** What reads numbered texts of a length, of which there are so many. */
function texts(there: number, length: number) {
  const asked: number[] = [];
  const read = (count: number, last: string | undefined) => {
    asked.push(count);
    const from = last === undefined ? 0 : Number.parseInt(last, 10) + 1;
    const part = Array.from({ length: Math.min(count, there - from) }, (_, n) => `${from + n} ${'x'.repeat(length)}`);
    return Promise.resolve(part);
  };
  return { asked, read };
}

describe('a list that is read in parts', () => {
  const work = () => new RequestWork(new Turns());

  it('is whole, and has the rest at once after the first few where all are small', async () => {
    const { asked, read } = texts(1000, 10);
    expect(await readInParts(work(), 150, read)).toHaveLength(150);
    expect(asked).toEqual([5, 145]);
  });

  it('has a page at a time at the most, to its end', async () => {
    const { asked, read } = texts(450, 10);
    expect((await readInParts(work(), Infinity, read)).map((text) => Number.parseInt(text, 10)).at(-1)).toBe(449);
    expect(asked).toEqual([5, 200, 200, 200]);
  });

  it('has few large ones at a time, and is refused beyond what a request may read', async () => {
    const { asked, read } = texts(100, 2 * MEGABYTE);
    await expect(readInParts(work(), 100, read)).rejects.toMatchObject({ code: 'QUERY_TOO_COSTLY' });
    expect(asked[0]).toBe(5);
    expect(Math.max(...asked.slice(1))).toBe(1);
    expect(asked.length).toBeLessThan(40);
  });

  it('that gives pages is one page, which goes on where its last part ended', async () => {
    const { read } = texts(12, 10);
    const page = await pageInParts(work(), { first: 10, after: '1' }, async ({ first, after = '' }) => {
      const part = await read(first + 1, after);
      return { items: part.slice(0, first).map((item) => ({ item, cursor: item })), hasNextPage: part.length > first };
    });
    expect(page.items.map(({ item }) => Number.parseInt(item, 10))).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(page.hasNextPage).toBe(false);
  });
});
