import { placeEvents, type StoredEventBody } from '../entries/stream-entry.js';
import type { NewEntry } from '../entries/new-entry.js';
import type { StreamEntry } from '../stream-log.js';
import type { EntryEnd, StreamTail } from '../entries/stream-tail.js';

/** [first, epoch, turn, attempt, isOpening, isClosed] */
type Head = readonly [number, number, number, number, boolean, boolean];

/** An entry as a stream of Redis has it: its id, and names and values in turn. */
export type RawEntry = readonly [
  id: string,
  fields: readonly [
    o: string,
    opening: string,
    h: string,
    head: string,
    t: string,
    time: string,
    e: string,
    events: string,
  ],
];

export type RawTail = readonly [id: string, opening: string, head: string];

/** The id of the entry that ends with this sequence. */
export function entryId(last: number): string {
  return `1-${last}`;
}

/** What the script that appends wants to know of an entry. */
export function argumentsOf({ after, first, last, opening, events, ...entry }: NewEntry): readonly string[] {
  const { epoch, turn, attempt, isOpening, isClosed } = entry;
  const head = JSON.stringify([first, epoch, turn, attempt, isOpening, isClosed] satisfies Head);
  if (isClosed) return ['*', '', '', opening, head.slice(head.indexOf(',')), events];
  const predecessor = after === undefined ? ['', ''] : [entryId(after.position), after.opening];
  return [...predecessor, entryId(last), opening, head, events];
}

export function readTail([id, opening, head]: RawTail): StreamTail & EntryEnd {
  const [first, epoch, turn, attempt, isOpening, isClosed] = JSON.parse(head) as Head;
  const last = Number(id.slice(2));
  return { first, last, position: last, epoch, opening, turn, attempt, isOpening, isClosed };
}

interface EntryParts {
  readonly opening: string;
  readonly head: string;
  /** In milliseconds. */
  readonly time: string;
  readonly events: string;
}

export function readEntry(executionId: string, { opening, head, time, events }: EntryParts): StreamEntry {
  const [first, , turn, attempt] = JSON.parse(head) as Head;
  const timestamp = new Date(Number(time)).toISOString();
  const bodies = JSON.parse(events) as readonly StoredEventBody[];
  return { first, opening, events: placeEvents({ executionId, first, turn, attempt, timestamp }, bodies) };
}

export function partsOf([, [, opening, , head, , time, , events]]: RawEntry): EntryParts {
  return { opening, head, time, events };
}
