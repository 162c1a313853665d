import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fingerprint } from '../../../src/core/json/fingerprint.js';

/** The definition, in big integers. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    hash ^= BigInt(character.codePointAt(0) ?? 0);
    hash = BigInt.asUintN(64, hash * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

describe('a fingerprint', () => {
  it('is 64-bit FNV-1a, whatever the text: tokens that live remember fires by it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(fingerprint(text)).toBe(fnv1a(text));
      }),
      { seed: 64 },
    );
  });
});
