import { describe, expect, it } from 'vitest';

import { composed } from '../../../src/core/json/composed-text.js';

describe('a name in composed form', () => {
  it('is the same however it was typed', () => {
    for (const name of ['größe', 'Ấn', '각', 'plain'])
      expect(composed(name.normalize('NFD'))).toBe(name.normalize('NFC'));
  });

  it('stays as it is with more marks on a letter than any language has, so that a million of them cost little', () => {
    const many = `a${'\u0315\u0300'.repeat(500_000)}`;
    expect(composed(many)).toBe(many);
    const few = `a${'\u0315\u0300'.repeat(15)}`;
    expect(composed(few)).toBe(few.normalize('NFC'));
  });
});
