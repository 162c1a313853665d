import type { IncomingHttpHeaders } from 'node:http';

import { invalidStreamRequest } from './invalid-stream-request.js';

/** The `Last-Event-ID` of an EventSource that reconnects; an empty one is none. */
export function lastEventIdOf(headers: IncomingHttpHeaders): string | undefined {
  const id = headers['last-event-id'];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

/** A cursor is the sequence that was received last. Throws VALIDATION_FAILED for a text that is none. */
export function readCursor(text: string): number {
  const cursor = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(cursor)) return cursor;
  throw invalidStreamRequest('/after', 'a cursor is the sequence of the last event received: a whole number from 0');
}
