import type { StreamEvent } from '../core/stream-event.js';

/** Joins neighbouring chunks of one attempt; what they make carries the last sequence and time of theirs. */
export function mergeChunks(events: readonly StreamEvent[]): readonly StreamEvent[] {
  const merged: StreamEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    const joins =
      last?.eventType === 'content_chunk' &&
      event.eventType === 'content_chunk' &&
      last.turn === event.turn &&
      last.attempt === event.attempt;
    if (joins) merged[merged.length - 1] = { ...event, content: last.content + event.content };
    else merged.push(event);
  }
  return merged;
}
