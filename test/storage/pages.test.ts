import { expect, it } from 'vitest';

import { memoryPage } from '../../src/storage/memory/memory-page.js';
import type { PageRequest } from '../../src/storage/page.js';
import { pagesOf } from '../../src/storage/pages.js';
import { NOW } from '../support/builders.js';

it.each([
  [0, [0]],
  [2, [2]],
  [5, [2, 2, 1]],
])('a list of %i is read in pages of two, up to its end and no further', async (length, sizes) => {
  const items = Array.from({ length }, (_, n) => ({ id: `item-${n}`, createdAt: NOW }));
  const found: (readonly { readonly id: string }[])[] = [];
  for await (const page of pagesOf((page: PageRequest) => memoryPage([...items], page), 2)) found.push(page);
  expect(found.map((page) => page.length)).toEqual(sizes);
  expect(new Set(found.flat().map(({ id }) => id)).size).toBe(length);
});
