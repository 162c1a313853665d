import { placeEvents, type StoredEventBody } from '../entries/stream-entry.js';
import type { StreamEntry, StreamPage, StreamRange } from '../stream-log.js';
import type { PageRow } from './statements.js';

/** The page of each range, from the rows of all, which come in order. */
export function pagesOf(ranges: readonly StreamRange[], rows: readonly PageRow[]): readonly StreamPage[] {
  const rowsOf = new Map<number, PageRow[]>();
  for (const row of rows) {
    const earlier = rowsOf.get(row.range);
    if (earlier === undefined) rowsOf.set(row.range, [row]);
    else earlier.push(row);
  }
  return ranges.map(({ executionId }, index) => pageOf(executionId, rowsOf.get(index + 1) ?? []));
}

function pageOf(executionId: string, rows: readonly PageRow[]): StreamPage {
  const [row] = rows;
  if (row === undefined) return { executionId, state: 'absent', next: 0, entries: [] };
  return {
    executionId,
    state: row.closed ? 'closed' : 'open',
    next: row.next,
    entries: rows.flatMap((one) => entryOf(executionId, one)),
  };
}

function entryOf(executionId: string, { first, opening, turn, attempt, timestamp, events }: PageRow): StreamEntry[] {
  if (first === null) return [];
  const bodies = JSON.parse(events) as readonly StoredEventBody[];
  return [{ first, opening, events: placeEvents({ executionId, first, turn, attempt, timestamp }, bodies) }];
}
