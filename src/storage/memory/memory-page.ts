import { decodeCursor, pageOf, type ListPosition } from '../page-cursor.js';
import type { Page, PageRequest } from '../page.js';
import { newestFirst } from './newest-first.js';

export function memoryPage<Item extends ListPosition>(items: Item[], page: PageRequest): Promise<Page<Item>> {
  return new Promise((resolve) => {
    const after = page.after === undefined ? undefined : decodeCursor(page.after);
    const rest = items.sort(newestFirst).filter((item) => after === undefined || newestFirst(after, item) < 0);
    resolve(pageOf(rest.slice(0, page.first + 1), page));
  });
}
