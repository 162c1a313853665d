import type { ListPosition } from '../page-cursor.js';

/** Orders lists as every backend does: newest first, by (createdAt, id). */
export function newestFirst(left: ListPosition, right: ListPosition): number {
  if (left.createdAt !== right.createdAt) return left.createdAt < right.createdAt ? 1 : -1;
  if (left.id === right.id) return 0;
  return left.id < right.id ? 1 : -1;
}
