import type { StreamEvent } from '../../core/streams/stream-event.js';

/** In UTF-16 code units: as much as a writer puts into one chunk. */
const MAX_LENGTH = 64 * 1024;

/**
 * Joins neighbouring chunks of one attempt, up to a bound; what they make carries the last sequence and time of theirs.
 */
export function mergeChunks(events: readonly StreamEvent[]): readonly StreamEvent[] {
  const merged: StreamEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    const joins =
      last?.eventType === 'content_chunk' &&
      event.eventType === 'content_chunk' &&
      last.turn === event.turn &&
      last.attempt === event.attempt &&
      last.content.length + event.content.length <= MAX_LENGTH;
    if (joins) merged[merged.length - 1] = { ...event, content: last.content + event.content };
    else merged.push(event);
  }
  return merged;
}
