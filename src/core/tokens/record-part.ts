import type { AgentExecution } from '../executions/execution.js';
import { utf8Length } from '../json/utf8-length.js';
import type { NumberedEvent } from './token-record.js';

/** What is waiting to be recorded, in order. */
export interface Unrecorded {
  readonly events: readonly NumberedEvent[];
  readonly executions: readonly AgentExecution[];
}

/** How many of each the next record has. */
export interface RecordPart {
  readonly events: number;
  readonly executions: number;
}

/** With a token they fit into a payload of Temporal, which takes 2 MiB. */
const MAX_EVENTS = 500;
const MAX_EVENT_BYTES = 256 * 1024;
const MAX_EXECUTION_BYTES = 512 * 1024;
/** Of both together, where as much as ever fits goes out at once. */
const MAX_BYTES = 1280 * 1024;

/**
 * What goes into the next record: as much as a payload has room for, at least one. No event before all executions: whoever
 * reads that one has started finds it.
 */
export function nextRecordPart({ events, executions }: Unrecorded): RecordPart {
  const some = countOf(executions, MAX_EXECUTION_BYTES);
  if (some < executions.length) return { events: 0, executions: some };
  return { events: Math.min(MAX_EVENTS, countOf(events, MAX_EVENT_BYTES)), executions: some };
}

/** The same as it was when nothing but the number of events was bounded. */
export function uncountedRecordPart({ events, executions }: Unrecorded): RecordPart {
  return { events: Math.min(MAX_EVENTS, events.length), executions: executions.length };
}

/** As much as one payload ever takes: for whoever must not depend on how much was waiting. */
export function widestRecordPart({ events, executions }: Unrecorded): RecordPart {
  const some = countOf(executions, MAX_BYTES);
  if (some < executions.length) return { events: 0, executions: some };
  const taken = utf8Length(JSON.stringify(executions));
  return { events: countOf(events, Math.max(0, MAX_BYTES - taken)), executions: some };
}

/** How many of a list, from its front, have so many bytes together as JSON. */
function countOf(list: readonly object[], maxBytes: number): number {
  let bytes = 0;
  const first = list.findIndex((one, index) => {
    bytes += utf8Length(JSON.stringify(one));
    return bytes > maxBytes && index > 0;
  });
  return first === -1 ? list.length : first;
}
