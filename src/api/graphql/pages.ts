import { CircuitBreakerError } from '../../core/errors.js';
import type { Page, PageRequest } from '../../storage/page.js';

/** The most that one page may have. */
export const MAX_FIRST = 200;

export interface PageArguments {
  readonly first: number;
  readonly after?: string | null;
}

/** Throws VALIDATION_FAILED when `first` is out of range. */
export function pageRequest({ first, after }: PageArguments): PageRequest {
  if (first >= 1 && first <= MAX_FIRST) return { first, ...(after == null ? {} : { after }) };
  const message = `\`first\` must be from 1 to ${MAX_FIRST}`;
  throw new CircuitBreakerError('VALIDATION_FAILED', message, {
    problems: [{ code: 'OUT_OF_RANGE', pointer: '/first', message }],
  });
}

/** A page in the form of a GraphQL connection. */
export function connectionOf<Item>({ items, hasNextPage }: Page<Item>, { after }: PageArguments) {
  return {
    edges: items.map(({ item, cursor }) => ({ node: item, cursor })),
    nodes: items.map(({ item }) => item),
    pageInfo: {
      hasNextPage,
      hasPreviousPage: after != null,
      startCursor: items.at(0)?.cursor ?? null,
      endCursor: items.at(-1)?.cursor ?? null,
    },
  };
}
