import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { containsText } from '../../../src/core/json/contains-text.js';

const repetitive = (most: number) => fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: most });

describe('whether a text contains another', () => {
  it('is what the engine says, also of texts that repeat themselves', () => {
    fc.assert(
      fc.property(repetitive(200), repetitive(40), (text, pattern) => {
        expect(containsText(text, pattern)).toBe(text.includes(pattern));
      }),
      { seed: 15, numRuns: 1000 },
    );
  });

  it('is found where the pattern was nearly there again and again', () => {
    const pattern = `${'a'.repeat(30)}b`;
    expect(containsText('a'.repeat(1000) + pattern, pattern)).toBe(true);
    expect(containsText('a'.repeat(1000), pattern)).toBe(false);
  });
});
