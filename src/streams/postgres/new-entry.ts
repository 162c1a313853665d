import type { JsonValue } from '../../core/json.js';
import { wellFormedJson } from '../../core/well-formed-text.js';
import type { StoredEventBody } from '../stream-entry.js';
import type { StreamTail } from '../stream-tail.js';
import type { NewEntryRow } from './statements.js';

/** An entry that is to follow the one it was made for. */
export interface NewEntry {
  /** As stored, without the events. */
  readonly row: NewEntryRow;
  /** The bodies as JSON text, kept by the table as it is. */
  readonly events: string;
}

/** The entry's place is right behind `after`; without one it begins the log. */
export function newEntry(
  executionId: string,
  after: Pick<StreamTail, 'first' | 'last' | 'opening'> | undefined,
  content: Pick<NewEntryRow, 'epoch' | 'opening' | 'turn' | 'attempt' | 'closed'> & {
    readonly bodies: readonly StoredEventBody[];
  },
): NewEntry {
  const { bodies, ...columns } = content;
  const first = after === undefined ? 0 : after.last + 1;
  const row = {
    execution_id: executionId,
    after_first: after?.first ?? null,
    after_opening: after?.opening ?? null,
    first,
    last: first + bodies.length - 1,
    ...columns,
  };
  return { row, events: storableJson(bodies) };
}

/** One element of the array that `insertEntries` takes. */
export function asJson({ row, events }: NewEntry): string {
  return `${JSON.stringify(row).slice(0, -1)},"events":${events}}`;
}

/** What the database refuses: U+0000, and halves of surrogate pairs, which JSON escapes. */
const PERHAPS_UNSTORABLE = /\\u(?:0000|d[89a-f])/;

/** A writer's text is well-formed when it arrives; arguments and results of tools may be anything. */
function storableJson(bodies: readonly StoredEventBody[]): string {
  const text = JSON.stringify(bodies);
  return PERHAPS_UNSTORABLE.test(text) ? JSON.stringify(wellFormedJson(JSON.parse(text) as JsonValue)) : text;
}
