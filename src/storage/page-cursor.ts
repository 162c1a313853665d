import { CircuitBreakerError } from '../core/errors.js';
import { isWellFormed } from '../core/json/well-formed-text.js';
import type { Page, PageRequest } from './page.js';

/** Where an item stands in a list that is ordered by (createdAt, id). */
export interface ListPosition {
  readonly createdAt: string;
  readonly id: string;
}

function encodeCursor({ createdAt, id }: ListPosition): string {
  return Buffer.from(JSON.stringify([createdAt, id]), 'utf8').toString('base64url');
}

/** Throws VALIDATION_FAILED when it is not a cursor of ours. */
export function decodeCursor(cursor: string): ListPosition {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(position) && position.length === 2 && position.every(isStorableText)) {
      const [createdAt, id] = position as [string, string];
      return { createdAt, id };
    }
  } catch {
    // Answered below.
  }
  const message = '`after` is not a cursor of this list: take one from `edges` or `pageInfo`.';
  throw new CircuitBreakerError('VALIDATION_FAILED', message, {
    problems: [{ code: 'BAD_CURSOR', pointer: '/after', message }],
  });
}

function isStorableText(part: unknown): boolean {
  return typeof part === 'string' && isWellFormed(part);
}

/** The page that `first + 1` items make: the one too many only tells that there are more. */
export function pageOf<Item extends ListPosition>(items: readonly Item[], page: PageRequest): Page<Item> {
  return pageBy(items, page, (item) => item);
}

/** The same where the items themselves do not say where they stand. */
export function pageBy<Item>(
  items: readonly Item[],
  { first }: PageRequest,
  positionOf: (item: Item) => ListPosition,
): Page<Item> {
  return {
    items: items.slice(0, first).map((item) => ({ item, cursor: encodeCursor(positionOf(item)) })),
    hasNextPage: items.length > first,
  };
}
