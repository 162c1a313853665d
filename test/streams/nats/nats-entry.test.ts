import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { newEntry } from '../../../src/streams/entries/new-entry.js';
import { decodeEntry, encodeEntry } from '../../../src/streams/nats/nats-entry.js';
import { LONGEST_MESSAGE_BYTES } from '../../../src/streams/nats/nats-stream.js';
import { randomText } from '../../support/random-text.js';

const MIB = 1024 * 1024;
/** What a message has beside it, more than enough. */
const HEADERS = 4096;
/** In characters, and more than goes out as it is. */
const LONG = 140_000;
const TIMESTAMP = '2026-11-23T05:00:00.000Z';

function anEntry(text: string) {
  const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
  const body = { eventType: 'completed', final_response: text, usage, length: MIB, sha256: 'f'.repeat(64) } as const;
  return newEntry('doc-1:review:1', undefined, { epoch: 1, opening: 'one', turn: 1, attempt: 1, bodies: [body] });
}

describe('the message of an entry', () => {
  it.each<[string, [number, number]]>([
    ['signs of Chinese', [0x4e00, 0x9fff]],
    ['printable ASCII', [0x20, 0x7e]],
    ['all ASCII, which JSON escapes a quarter of', [0x01, 0x7f]],
  ])('of an answer of 1 MiB has room in what a server takes, be it random %s', (_what, range) => {
    const entry = anEntry(randomText(MIB, range));
    const message = encodeEntry(entry, TIMESTAMP);
    expect(message.length).toBeLessThan(LONGEST_MESSAGE_BYTES - HEADERS);
    expect(decodeEntry(7, message).events === entry.events).toBe(true);
  });

  it('gives back the very text of the events, short or long', () => {
    const unit = fc.constantFrom('a', '\\', '"', 'u', '0', '1', 'f', '\u0001', '\u001F', '\n', '\u007F', '\u2028', 'ü');
    fc.assert(
      fc.property(fc.string({ unit }), fc.constantFrom(0, LONG), (text, length) => {
        const entry = anEntry(text.padEnd(length, text));
        const { events, ...head } = decodeEntry(7, encodeEntry(entry, TIMESTAMP));
        expect(events === entry.events).toBe(true);
        expect(head).toMatchObject({ position: 7, first: 0, last: 0, opening: 'one', isClosed: true });
      }),
      { numRuns: 50 },
    );
  });
});
