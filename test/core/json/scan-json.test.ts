import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { scanJson } from '../../../src/core/json/scan-json.js';

const container = fc
  .oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
  .map((value) => JSON.stringify(value, null, 1));

describe('a scan for JSON', () => {
  it('finds the end of every object and list, whatever follows', () => {
    fc.assert(
      fc.property(container, fc.string(), (json, rest) => {
        expect(scanJson(json + rest, 0)).toEqual({ kind: 'whole', end: json.length });
      }),
      { seed: 15, numRuns: 300 },
    );
  });

  it('takes no part of one for a whole', () => {
    fc.assert(
      fc.property(container, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (json, share) => {
        const cut = json.slice(0, Math.max(1, Math.floor(json.length * share)));
        expect(['unfinished', 'none']).toContain(scanJson(cut, 0).kind);
      }),
      { seed: 15, numRuns: 300 },
    );
  });

  it.each([
    ['{name}', 'none', 1],
    ['[see below]', 'none', 5],
    ['[1, 2 and more]', 'none', 6],
    ['{"a": 1,}', 'broken', 8],
    ['{"a": 1, b: 2}', 'broken', 9],
    ['{"a" 1}', 'none', 5],
    ['[{"a": 1}, ', 'unfinished', 11],
    ['{"a": "b', 'unfinished', 8],
    ['{"a": "b\n"}', 'broken', 6],
    ['[1}', 'none', 2],
  ] as const)('%j is %s up to %d', (text, kind, end) => {
    expect(scanJson(text, 0)).toEqual({ kind, end });
  });
});
