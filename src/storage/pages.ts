import type { Page, PageRequest } from './page.js';

/**
 * The items of a list, so many at a time, up to its end. Each page is asked for when what was done with the one before it is over; what is
 * added or removed meanwhile moves no other.
 */
export async function* pagesOf<Item>(
  list: (page: PageRequest) => Promise<Page<Item>>,
  first: number,
): AsyncGenerator<readonly Item[]> {
  let after: string | undefined;
  do {
    const page = await list({ first, ...(after === undefined ? {} : { after }) });
    yield page.items.map(({ item }) => item);
    after = page.hasNextPage ? page.items.at(-1)?.cursor : undefined;
  } while (after !== undefined);
}
