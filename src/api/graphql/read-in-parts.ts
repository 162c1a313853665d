import { DEFINITION_LIMITS, DEFINITIONS_IN_MEMORY } from '../../core/definitions/definition-limits.js';
import { jsonLength } from '../../core/json/json-length.js';
import type { Page, PageRequest } from '../../storage/page.js';
import { MAX_FIRST } from './pages.js';
import type { RequestWork } from './answers/request-work.js';

/** What one read may bring, in characters, as far as those before it tell. */
const READ_AT_ONCE = DEFINITIONS_IN_MEMORY * DEFINITION_LIMITS.bytes;

/**
 * Reads a list in parts: a few items first, and then as many at a time as fit into a few megabytes when they are as large as the
 * largest so far. In between everything else has its turns, and what was read is counted. `read` gives the next items, as many as
 * it is asked for; fewer are the last ones.
 */
export async function readInParts<Item>(
  work: RequestWork,
  most: number,
  read: (count: number, last: Item | undefined) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let [count, largest] = [DEFINITIONS_IN_MEMORY, 1];
  while (items.length < most) {
    const wanted = Math.min(count, most - items.length);
    const part = await read(wanted, items.at(-1));
    for (const item of part) items.push(item);
    largest = Math.max(largest, await work.run(() => largestOf(part, work)));
    if (part.length < wanted) break;
    count = Math.min(MAX_FIRST, Math.max(1, Math.floor(READ_AT_ONCE / largest)));
  }
  return items;
}

/** The same of a list that gives pages. */
export async function pageInParts<Item>(
  work: RequestWork,
  { first, after }: PageRequest,
  read: (page: PageRequest) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  let hasNextPage = false;
  const items = await readInParts<Page<Item>['items'][number]>(work, first, async (count, last) => {
    const cursor = last?.cursor ?? after;
    const page = await read({ first: count, ...(cursor === undefined ? {} : { after: cursor }) });
    ({ hasNextPage } = page);
    return page.items;
  });
  return { items, hasNextPage };
}

function largestOf(part: readonly unknown[], work: RequestWork): number {
  let largest = 1;
  for (const item of part) {
    const length = jsonLength(item, Infinity);
    work.countRead(length);
    largest = Math.max(largest, length);
  }
  return largest;
}
