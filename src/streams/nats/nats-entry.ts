import { deflateSync, inflateSync } from 'node:zlib';

import { placeEvents, type StoredEventBody } from '../stream-entry.js';
import type { NewEntry } from '../new-entry.js';
import type { StreamEntry } from '../stream-log.js';
import type { StreamTail } from '../stream-tail.js';

/** An entry as a message has it. `position` is the sequence that JetStream gave the message. */
export interface NatsEntry extends StreamTail {
  readonly position: number;
  readonly timestamp: string;
  /** The bodies as the JSON text that was stored. */
  readonly events: string;
}

type Head = Omit<NatsEntry, 'position' | 'events'>;

/** A server takes messages of 1 MiB unless it is told otherwise, and a long answer as JSON may be more than that. */
const COMPRESS_BEYOND_BYTES = 128 * 1024;
/** The first byte of what `deflateSync` makes; a head begins with a brace. */
const DEFLATED = 0x78;

/** The message of an entry: its head and its events, a line of JSON each. */
export function encodeEntry(entry: NewEntry, timestamp: string): Uint8Array {
  const { first, last, epoch, opening, turn, attempt, isOpening, isClosed, events } = entry;
  const head: Head = { first, last, epoch, opening, turn, attempt, isOpening, isClosed, timestamp };
  const bytes = Buffer.from(`${JSON.stringify(head)}\n${events}`, 'utf8');
  return bytes.length > COMPRESS_BEYOND_BYTES ? deflateSync(bytes) : bytes;
}

/** Throws for what is not the message of an entry. */
export function decodeEntry(position: number, data: Uint8Array): NatsEntry {
  const text = Buffer.from(data[0] === DEFLATED ? inflateSync(data) : data).toString('utf8');
  const end = text.indexOf('\n');
  return { ...(JSON.parse(text.slice(0, end)) as Head), position, events: text.slice(end + 1) };
}

export function streamEntry(
  executionId: string,
  { first, opening, turn, attempt, timestamp, events }: NatsEntry,
): StreamEntry {
  const bodies = JSON.parse(events) as readonly StoredEventBody[];
  return { first, opening, events: placeEvents({ executionId, first, turn, attempt, timestamp }, bodies) };
}
