import { describe, expect, it } from 'vitest';

import { inexactInteger } from '../../../src/core/json/inexact-integer.js';

describe('a number in JSON text', () => {
  it.each([
    ['{"account": 9007199254740993}', '9007199254740993'],
    ['[1, -12345678901234567890]', '-12345678901234567890'],
    [`[${'9'.repeat(400)}]`, '9'.repeat(400)],
  ])('is found where it would lose digits: %.40s', (json, number) => {
    expect(inexactInteger(json)).toBe(number);
  });

  it.each([
    '[9007199254740991, -9007199254740991, 1e22, 6.02214076e23, 12345678901234567.5]',
    String.raw`{"12345678901234567890": "\"12345678901234567890"}`,
    '"no number"',
  ])('is none where it stays what it is, is text, or was never meant to the last digit: %.60s', (json) => {
    expect(inexactInteger(json)).toBeUndefined();
  });

  it('is looked for once, however many digits there are', () => {
    expect(inexactInteger(`[${'1'.repeat(1_000_000)}.5, ${'"\\""'.repeat(200_000)}]`)).toBeUndefined();
  });
});
