import { deflateSync, inflateSync } from 'node:zlib';

import { placeEvents, type StoredEventBody } from '../entries/stream-entry.js';
import type { NewEntry } from '../entries/new-entry.js';
import type { StreamEntry } from '../stream-log.js';
import type { StreamTail } from '../entries/stream-tail.js';

/** An entry as a message has it. `position` is the sequence that JetStream gave the message. */
export interface NatsEntry extends StreamTail {
  readonly position: number;
  readonly timestamp: string;
  /** The bodies as the JSON text that was stored. */
  readonly events: string;
}

type Head = Omit<NatsEntry, 'position' | 'events'>;

/** A server takes messages of 1 MiB, and an answer as long as that is more as JSON. */
const COMPRESS_BEYOND_BYTES = 128 * 1024;
/** The first byte of what `deflateSync` makes; a head begins with a brace. */
const DEFLATED = 0x78;

/** The message of an entry: its head and its events, a line of JSON each. */
export function encodeEntry(entry: NewEntry, timestamp: string): Uint8Array {
  const { first, last, epoch, opening, turn, attempt, isOpening, isClosed, events } = entry;
  const head: Head = { first, last, epoch, opening, turn, attempt, isOpening, isClosed, timestamp };
  const lines = Buffer.from(`${JSON.stringify(head)}\n${events}`, 'utf8');
  if (lines.length <= COMPRESS_BEYOND_BYTES) return lines;
  return deflateSync(Buffer.from(`${JSON.stringify(head)}\n${withBareControls(events)}`, 'utf8'));
}

/** Throws for what is not the message of an entry. */
export function decodeEntry(position: number, data: Uint8Array): NatsEntry {
  const isDeflated = data[0] === DEFLATED;
  const text = Buffer.from(isDeflated ? inflateSync(data) : data).toString('utf8');
  const end = text.indexOf('\n');
  const events = text.slice(end + 1);
  const head = JSON.parse(text.slice(0, end)) as Head;
  return { ...head, position, events: isDeflated ? withEscapedControls(events) : events };
}

/** The escapes of JSON, of which those of control characters give a code. */
const ESCAPE = /\\(?:u00([01][0-9a-f])|[^])/g;
/** The control characters that JSON has only as escapes: all but U+007F to U+009F. */
const CONTROL = /[^\P{Control}\u007F-\u009F]/gu;

/** JSON with control characters as they are: six bytes for each would be too many, also when they are compressed. */
function withBareControls(json: string): string {
  return json.replace(ESCAPE, (escape, code: string | undefined) =>
    code === undefined ? escape : String.fromCharCode(parseInt(code, 16)),
  );
}

/** The very JSON again. */
function withEscapedControls(text: string): string {
  return text.replace(CONTROL, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function streamEntry(
  executionId: string,
  { first, opening, turn, attempt, timestamp, events }: NatsEntry,
): StreamEntry {
  const bodies = JSON.parse(events) as readonly StoredEventBody[];
  return { first, opening, events: placeEvents({ executionId, first, turn, attempt, timestamp }, bodies) };
}
