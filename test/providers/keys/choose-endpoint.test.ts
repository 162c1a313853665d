import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { chooseEndpoint, openEndpoints, type EndpointState } from '../../../src/providers/keys/choose-endpoint.js';

const NOW = 1_000_000_000;
const FRESH: EndpointState = {
  underWay: 0,
  lastChosen: 0,
  limitedAtMs: 0,
  limitedUntilMs: 0,
  refusedAtMs: 0,
  refusedUntilMs: 0,
  doubtedUntilMs: 0,
};
const a = (fields: Partial<EndpointState> = {}): EndpointState => ({ ...FRESH, ...fields });
const limited = (forMs = 5_000) => a({ limitedAtMs: NOW - 1, limitedUntilMs: NOW + forMs });
const refused = (agoMs = 1_000) => a({ refusedAtMs: NOW - agoMs, refusedUntilMs: NOW + 3_600_000 });
const doubted = (forMs = 5_000) => a({ doubtedUntilMs: NOW + forMs });

describe('the key of the next call', () => {
  it.each([
    ['the one with the fewest calls under way', [a({ underWay: 2 }), a({ underWay: 1 }), a({ underWay: 3 })], 1],
    ['of those the least recently limited', [a({ limitedAtMs: NOW - 10 }), a({ limitedAtMs: NOW - 20 })], 1],
    ['of those the least recently chosen', [a({ lastChosen: 7 }), a({ lastChosen: 5 }), a({ lastChosen: 6 })], 1],
    ['one that was limited long ago, as if it never had been', [a({ lastChosen: 2 }), a({ limitedAtMs: 1 })], 1],
    ['not one that rests, however busy the other is', [limited(), refused(), a({ underWay: 99 })], 2],
    ['not one that could not be reached lately', [doubted(), a({ underWay: 99 })], 1],
    ['one that could not be reached, where the others rest', [limited(), refused(), doubted()], 2],
    ['of those that could not be reached the one whose doubt ends first', [doubted(3_000), doubted(2_000)], 1],
    [
      'where all were refused, the one of which that is longest ago, after a minute',
      [refused(1_000), refused(60_000)],
      1,
    ],
  ])('is %s', (_, states, index) => {
    expect(chooseEndpoint(states, NOW)).toEqual({ type: 'use', index });
  });

  it.each([
    [
      'all that are ready, those first that could be reached',
      [limited(), doubted(), a({ underWay: 9 }), a()],
      [2, 3, 1],
    ],
    ['none where all that were not refused are limited', [limited(), refused()], []],
    ['none where all were refused within a minute', [refused(), refused()], []],
    ['the one where all were refused that may be tried again', [refused(1_000), refused(60_000)], [1]],
    ['no refused one where another is ready', [refused(60_000), a()], [1]],
  ])('is one of %s', (_, states, open) => {
    expect(openEndpoints(states, NOW)).toEqual(open);
  });

  it('is waited for where all that are not refused are limited, until the first may be used', () => {
    expect(chooseEndpoint([limited(9_000), refused(), limited(4_000)], NOW)).toEqual({
      type: 'wait',
      untilMs: NOW + 4_000,
    });
  });

  it('is none where all were refused within a minute', () => {
    expect(chooseEndpoint([refused(), refused()], NOW)).toEqual({ type: 'refused' });
  });

  it('is never one that rests as long as another is ready', () => {
    const state = fc.record({
      underWay: fc.nat(5),
      lastChosen: fc.nat(5),
      limitedAtMs: fc.integer({ min: NOW - 400_000, max: NOW }),
      limitedUntilMs: fc.integer({ min: NOW - 5, max: NOW + 5 }),
      refusedAtMs: fc.integer({ min: NOW - 100_000, max: NOW }),
      refusedUntilMs: fc.integer({ min: NOW - 5, max: NOW + 5 }),
      doubtedUntilMs: fc.integer({ min: NOW - 5, max: NOW + 5 }),
    });
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 6 }), (states) => {
        const choice = chooseEndpoint(states, NOW);
        const rests = (one: EndpointState) => one.limitedUntilMs > NOW || one.refusedUntilMs > NOW;
        if (states.every(rests)) return;
        expect(choice.type).toBe('use');
        const chosen = choice.type === 'use' ? states[choice.index] : undefined;
        expect(chosen !== undefined && !rests(chosen)).toBe(true);
      }),
    );
  });

  it('is fair: whatever order calls begin and end in, keys that work get calls within 20 % of even', () => {
    const orders = fc.array(fc.record({ ends: fc.boolean(), which: fc.nat() }), { minLength: 400, maxLength: 600 });
    fc.assert(
      fc.property(orders, fc.integer({ min: 2, max: 5 }), fc.integer({ min: 1, max: 30 }), (steps, keys, slots) => {
        const calls = callsPerKey(steps, { keys, slots });
        const total = calls.reduce((sum, count) => sum + count, 0);
        for (const count of calls) expect(Math.abs(count - total / keys)).toBeLessThanOrEqual(total / keys / 5 + slots);
      }),
      { numRuns: 50 },
    );
  });
});

/** Calls begin one after another as slots are free, and end in the order that `steps` have. */
function callsPerKey(
  steps: readonly { readonly ends: boolean; readonly which: number }[],
  { keys, slots }: { readonly keys: number; readonly slots: number },
): readonly number[] {
  const counts = Array.from({ length: keys }, () => 0);
  const underWay = Array.from({ length: keys }, () => 0);
  const chosen = Array.from({ length: keys }, () => 0);
  const running: number[] = [];
  steps.forEach(({ ends, which }, at) => {
    if (running.length >= slots || (ends && running.length > 0)) {
      const [ended = 0] = running.splice(which % running.length, 1);
      underWay[ended] = (underWay[ended] ?? 0) - 1;
      return;
    }
    const states = counts.map((_, key) => a({ underWay: underWay[key] ?? 0, lastChosen: chosen[key] ?? 0 }));
    const choice = chooseEndpoint(states, NOW);
    if (choice.type !== 'use') throw new Error('all are ready');
    counts[choice.index] = (counts[choice.index] ?? 0) + 1;
    underWay[choice.index] = (underWay[choice.index] ?? 0) + 1;
    chosen[choice.index] = at + 1;
    running.push(choice.index);
  });
  return counts;
}
