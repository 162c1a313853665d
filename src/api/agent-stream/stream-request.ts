import { STREAM_EVENT_TYPES, type StreamEventType } from '../../core/streams/stream-event.js';
import type { CallerParts } from '../access/parts-for.js';
import type { ViewerOptions } from '../../streams/reading/viewer.js';
import { AgUiFormat, agUiSources } from './ag-ui-format.js';
import { readAgUiInput } from './ag-ui-input.js';
import { PLAIN, TAGGED, type ViewerFormat } from './event-json.js';
import { invalidStreamRequest } from './invalid-stream-request.js';
import { readCursor } from './last-event-id.js';

/** What a request for a stream says, as text. */
export interface StreamQuery {
  readonly after?: string | undefined;
  /** Comma-separated. */
  readonly types?: string | undefined;
  readonly format?: string | undefined;
  /** Of an EventSource that reconnects; outranks `after`. */
  readonly lastEventId?: string | undefined;
  /** Of a POST, which AG-UI's clients make. */
  readonly body?: unknown;
}

/** Throws VALIDATION_FAILED for a cursor or a type that is none. */
export function viewerOptions(query: StreamQuery): ViewerOptions {
  const cursor = query.lastEventId ?? query.after;
  return {
    ...(cursor === undefined ? {} : { after: readCursor(cursor) }),
    ...(query.types === undefined ? {} : { types: readTypes(query.types) }),
  };
}

/** Makes the events of a stream what a viewer of it gets. */
export type MakeFormat = (executionId: string, parts: Pick<CallerParts, 'reader' | 'storage'>) => ViewerFormat;

/** Throws VALIDATION_FAILED for a format that is none, and for a body that is none of the format's. */
export function eventFormat(query: StreamQuery): MakeFormat {
  if (query.body !== undefined && query.format !== 'ag-ui')
    throw invalidStreamRequest('/format', 'a stream is asked for by GET: only format=ag-ui has a body');
  switch (query.format) {
    case undefined:
      return () => PLAIN;
    case 'tagged':
      return () => TAGGED;
    case 'ag-ui': {
      const { after } = viewerOptions(query);
      const input = query.body === undefined ? undefined : readAgUiInput(query.body);
      return (executionId, parts) => new AgUiFormat(agUiSources(parts, executionId, { after, input }));
    }
    default:
      throw invalidStreamRequest(
        '/format',
        `there is no format "${query.format}": leave it out, or say tagged or ag-ui`,
      );
  }
}

function readTypes(text: string): ReadonlySet<StreamEventType> {
  return new Set(
    text.split(',').map((name) => {
      const type = STREAM_EVENT_TYPES.find((known) => known === name.trim());
      if (type === undefined)
        throw invalidStreamRequest('/types', `"${name}" is none of ${STREAM_EVENT_TYPES.join(', ')}`);
      return type;
    }),
  );
}
