import { describe, expect, it } from 'vitest';

import { RecentEvents } from '../../../src/streams/reading/recent-events.js';
import type { StreamEvent } from '../../../src/core/streams/stream-event.js';

const PLACE = { executionId: 'e', turn: 1, attempt: 1, timestamp: '2026-11-24T00:00:00.000Z' };
const USAGE = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
const KIB = 1024;

const chunk = (sequence: number, content: string): StreamEvent => ({
  ...PLACE,
  sequence,
  eventType: 'content_chunk',
  content,
});
const answer = (sequence: number, length: number): StreamEvent => ({
  ...PLACE,
  sequence,
  eventType: 'completed',
  final_response: 'x'.repeat(length),
  length,
  sha256: 'ff',
  usage: USAGE,
});

/** Asks for what is made of each event in turn, and says of which it was made anew. */
function madeAnew(events: readonly StreamEvent[], recent: RecentEvents<string>, make = JSON.stringify): number[] {
  const made: number[] = [];
  for (const event of events) {
    recent.made(event, (one) => {
      made.push(one.sequence);
      return make(one);
    });
  }
  return made;
}

describe('what was made of recent events', () => {
  it('is made once, as long as they are short, for all who are no more than 256 events apart', () => {
    const recent = new RecentEvents<string>();
    const events = Array.from({ length: 256 }, (_, sequence) => chunk(sequence, 'hello'));
    expect(madeAnew(events, recent)).toHaveLength(256);
    expect(madeAnew(events, recent)).toEqual([]);
  });

  it('is made once for a thousand who get a long answer together, and the answers of others', () => {
    const recent = new RecentEvents<string>();
    const events = Array.from({ length: 8 }, (_, sequence) => answer(sequence, 1024 * KIB));
    const viewers = Array.from({ length: 1000 }, () => madeAnew(events, recent));
    expect(viewers.flat()).toHaveLength(8);
  });

  it.each([
    ['long answers', (sequence: number) => answer(sequence, 100 * KIB), JSON.stringify],
    ['long chunks', (sequence: number) => chunk(sequence, 'x'.repeat(100 * KIB)), JSON.stringify],
    ['short words about long answers', (sequence: number) => answer(sequence, 100 * KIB), () => 'completed'],
    ['many words about short chunks', (sequence: number) => chunk(sequence, 'x'), () => 'x'.repeat(100 * KIB)],
  ])('is kept of the newest few only when they are %s', (_what, event, make) => {
    const recent = new RecentEvents<string>();
    const events = Array.from({ length: 20 }, (_, sequence) => event(sequence));
    madeAnew(events, recent, make);
    expect(madeAnew(events.slice(-8), recent, make)).toEqual([]);
    expect(madeAnew(events.slice(0, 12), recent, make)).toHaveLength(12);
  });

  it('is not kept at all when it is longer than any answer', () => {
    const recent = new RecentEvents<string>();
    const huge = () => 'x'.repeat(5 * KIB * KIB);
    const events = [answer(0, KIB)];
    expect([madeAnew(events, recent, huge), madeAnew(events, recent, huge)]).toEqual([[0], [0]]);
  });

  it('is one thing for each variant, long or short', () => {
    const recent = new RecentEvents<string>();
    const variants = [{}, {}];
    for (const event of [chunk(0, 'a'), answer(1, 100 * KIB)]) {
      const [one, other] = variants.map((variant, n) => recent.made(event, () => `${n}`, variant));
      expect([one, other]).toEqual(['0', '1']);
      expect(recent.made(event, () => 'anew', variants[1])).toBe('1');
    }
  });
});
