import { describe, expect, it } from 'vitest';

import { isWellFormed } from '../../../src/core/json/well-formed-text.js';
import { quoteProvider } from '../../../src/providers/failures/quote-provider.js';

const nothing = { secrets: [], prompts: [] };

describe("a provider's own words", () => {
  it('are cut between characters, and say where', () => {
    for (const at of [297, 298, 299, 300]) {
      const quote = quoteProvider(`${'x'.repeat(at)}🙂 and so on`, nothing);
      expect(isWellFormed(quote)).toBe(true);
      expect(quote.length).toBeLessThanOrEqual(300);
      expect(quote.endsWith('…')).toBe(true);
    }
  });

  it('are text that can be stored, whatever a gateway has cut', () => {
    expect(quoteProvider('overloaded \uD83D', nothing)).toBe('overloaded \uFFFD');
  });
});
