import { CircuitBreakerError } from '../../core/errors.js';
import type { Problem } from '../../core/json/problem.js';
import { STREAM_EVENT_TYPES, type StreamEventType } from '../../core/streams/stream-event.js';
import type { ViewerOptions } from '../../streams/reading/viewer.js';
import { PLAIN, TAGGED, type EventFormat } from './event-json.js';

/** What a request for a stream says, as text. */
export interface StreamQuery {
  readonly after?: string | undefined;
  /** Comma-separated. */
  readonly types?: string | undefined;
  readonly format?: string | undefined;
  /** Of an EventSource that reconnects; outranks `after`. */
  readonly lastEventId?: string | undefined;
}

/** Throws VALIDATION_FAILED for a cursor or a type that is none. */
export function viewerOptions(query: StreamQuery): ViewerOptions {
  const cursor = query.lastEventId ?? query.after;
  return {
    ...(cursor === undefined ? {} : { after: readCursor(cursor) }),
    ...(query.types === undefined ? {} : { types: readTypes(query.types) }),
  };
}

/** Throws VALIDATION_FAILED for a format that is none. */
export function eventFormat({ format }: StreamQuery): EventFormat {
  if (format === undefined) return PLAIN;
  if (format === 'tagged') return TAGGED;
  throw invalid('/format', `there is no format "${format}": leave it out, or say tagged`);
}

/** A cursor is the sequence that was received last. */
export function readCursor(text: string): number {
  const cursor = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(cursor)) return cursor;
  throw invalid('/after', 'a cursor is the sequence of the last event received: a whole number from 0');
}

function readTypes(text: string): ReadonlySet<StreamEventType> {
  return new Set(
    text.split(',').map((name) => {
      const type = STREAM_EVENT_TYPES.find((known) => known === name.trim());
      if (type === undefined) throw invalid('/types', `"${name}" is none of ${STREAM_EVENT_TYPES.join(', ')}`);
      return type;
    }),
  );
}

function invalid(pointer: string, message: string): CircuitBreakerError {
  const problem: Problem = { code: 'INVALID_VALUE', pointer, message };
  return new CircuitBreakerError('VALIDATION_FAILED', message, { problems: [problem] });
}
