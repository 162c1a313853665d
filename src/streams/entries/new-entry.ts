import { storableJson } from '../../core/json/well-formed-text.js';
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
  // A writer's text is well-formed when it arrives; arguments and results of tools may be anything.
  return { executionId, after, first, last, ...columns, ...kind, events: storableJson(bodies) };
}
