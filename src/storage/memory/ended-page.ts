import type { Ended, EndedPage } from '../ended.js';

/** Those that ended before a time, the oldest end first. */
export function endedPage(all: readonly Ended[], endedBefore: string, { first, after }: EndedPage): readonly Ended[] {
  const behind = all.filter((one) => one.endedAt < endedBefore && (after === undefined || isBehind(one, after)));
  return behind.sort((left, right) => (isBehind(left, right) ? 1 : -1)).slice(0, first);
}

function isBehind(one: Ended, other: Ended): boolean {
  return one.endedAt === other.endedAt ? one.id > other.id : one.endedAt > other.endedAt;
}
