import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import { placeEvents, type StoredEventBody } from '../../../src/streams/entries/stream-entry.js';
import type { StreamEntry } from '../../../src/streams/stream-log.js';
import type { StreamViewer } from '../../../src/streams/reading/viewer.js';
import { chunk } from '../contract/stream-backend.js';

export const TERMINAL: StoredEventBody = {
  eventType: 'failed',
  error: 'It failed.',
  errorCode: 'server',
  status: 'failed',
};

interface EntryFields {
  readonly first: number;
  readonly opening?: string;
  readonly turn?: number;
  readonly attempt?: number;
}

/** An entry of chunks or other events, as a log would give it. */
export function anEntry(
  { first, opening = 'one', turn = 1, attempt = 1 }: EntryFields,
  contents: readonly (string | StoredEventBody)[],
): StreamEntry {
  const bodies = contents.map((content) => (typeof content === 'string' ? chunk(content) : content));
  const place = { executionId: 'doc-1:review:1', first, turn, attempt, timestamp: '2026-01-01T00:00:00.000Z' };
  return { first, opening, events: placeEvents(place, bodies) };
}

/** All that a viewer gets until its stream ends, batch after batch. */
export async function viewBatches(viewer: StreamViewer): Promise<readonly (readonly StreamEvent[])[]> {
  const batches: (readonly StreamEvent[])[] = [];
  for (let batch = await viewer.next(); batch !== undefined; batch = await viewer.next()) batches.push(batch);
  return batches;
}

/** All that a viewer gets until its stream ends. */
export async function viewAll(viewer: StreamViewer): Promise<readonly StreamEvent[]> {
  return (await viewBatches(viewer)).flat();
}

export function sequences(events: readonly StreamEvent[]): readonly number[] {
  return events.map(({ sequence }) => sequence);
}
