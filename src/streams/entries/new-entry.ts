import type { JsonValue } from '../../core/json/json.js';
import { wellFormedJson } from '../../core/json/well-formed-text.js';
import type { StoredEventBody } from './stream-entry.js';
import type { EntryEnd, StreamTail } from './stream-tail.js';

/** An entry that is to follow the one it was made for; without one it begins the log. */
export interface NewEntry extends StreamTail {
  readonly executionId: string;
  readonly after: EntryEnd | undefined;
  /** The bodies as JSON text, kept by the backend as it is. */
  readonly events: string;
}

export function newEntry(
  executionId: string,
  after: EntryEnd | undefined,
  content: Pick<NewEntry, 'epoch' | 'opening' | 'turn' | 'attempt'> & {
    readonly bodies: readonly StoredEventBody[];
  },
): NewEntry {
  const { bodies, ...columns } = content;
  const first = after === undefined ? 0 : after.last + 1;
  const last = first + bodies.length - 1;
  const eventType = bodies[0]?.eventType;
  const kind = {
    isOpening: eventType === 'attempt_started',
    isClosed: eventType === 'completed' || eventType === 'failed',
  };
  return { executionId, after, first, last, ...columns, ...kind, events: storableJson(bodies) };
}

/** What the backends refuse or change: U+0000, and halves of surrogate pairs, which JSON escapes. */
const PERHAPS_UNSTORABLE = /\\u(?:0000|d[89a-f])/;

/** A writer's text is well-formed when it arrives; arguments and results of tools may be anything. */
function storableJson(bodies: readonly StoredEventBody[]): string {
  const text = JSON.stringify(bodies);
  return PERHAPS_UNSTORABLE.test(text) ? JSON.stringify(wellFormedJson(JSON.parse(text) as JsonValue)) : text;
}
