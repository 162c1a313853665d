import type { StreamEvent } from '../../core/streams/stream-event.js';
import type { StreamEntry, StreamPage } from '../stream-log.js';

/** How far a viewer has come: the sequence that comes next for it, and the opening of the event before. */
export interface ViewerPlace {
  readonly next: number;
  readonly opening: string;
}

/** What follows a place, and the place behind it. */
export interface Passage {
  readonly events: readonly StreamEvent[];
  readonly end: ViewerPlace;
}

/** Before the first event of any log. */
export const BEGINNING: ViewerPlace = { next: 0, opening: '' };

/** Where a cursor stands in a log of which a page was read from the cursor on; `ended` when nothing follows. */
export function placeAfter(after: number | undefined, { state, next, entries }: StreamPage): ViewerPlace | 'ended' {
  if (after === undefined) return BEGINNING;
  if (state === 'closed' && after + 1 >= next) return 'ended';
  const opening = openingOf(after, entries);
  // A cursor beyond an open log is of a log that has grown again: everything, from 0.
  return opening === undefined ? BEGINNING : { next: after + 1, opening };
}

/**
 * What follows a place, from a page that was read from the event before it on; undefined when another event stands
 * there now.
 */
export function passageAfter(place: ViewerPlace, { entries }: StreamPage): Passage | undefined {
  if (place.next > 0 && openingOf(place.next - 1, entries) !== place.opening) return undefined;
  const events = entries.flatMap((entry) => entry.events).filter(({ sequence }) => sequence >= place.next);
  const [last, lastEntry] = [events.at(-1), entries.at(-1)];
  if (last === undefined || lastEntry === undefined) return { events, end: place };
  return { events, end: { next: last.sequence + 1, opening: lastEntry.opening } };
}

function openingOf(sequence: number, entries: readonly StreamEntry[]): string | undefined {
  return entries.find(({ first, events }) => first <= sequence && sequence < first + events.length)?.opening;
}
