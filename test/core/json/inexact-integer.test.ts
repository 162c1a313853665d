import { describe, expect, it } from 'vitest';

import { hiddenInexactInteger, inexactInteger } from '../../../src/core/json/inexact-integer.js';

describe('a number in JSON text', () => {
  it.each([
    ['{"account": 9007199254740993}', '9007199254740993'],
    ['[1, -12345678901234567890]', '-12345678901234567890'],
    ['[100000000000000000001]', '100000000000000000001'],
    [`[${'9'.repeat(400)}]`, '9'.repeat(400)],
  ])('is found where it would lose digits: %.40s', (json, number) => {
    expect(inexactInteger(json)).toBe(number);
  });

  it.each([
    '[9007199254740991, -9007199254740991, 1e22, 6.02214076e23, 12345678901234567.5]',
    '[10000000000000000000, 123456789012345000000000]',
    String.raw`{"12345678901234567890": "\"12345678901234567890"}`,
    '"no number"',
  ])('is none where it stays what it is, is text, or was never meant to the last digit: %.60s', (json) => {
    expect(inexactInteger(json)).toBeUndefined();
  });

  it('is looked for once, however many digits there are', () => {
    expect(inexactInteger(`[${'1'.repeat(1_000_000)}.5, ${'"\\""'.repeat(200_000)}]`)).toBeUndefined();
  });

  it('is looked for once, also in what is no JSON: a text that never ends, with quotes and numbers in it', () => {
    expect(hiddenInexactInteger(`1234567890123456"${'\\"'.repeat(500_000)}`)).toBeUndefined();
  });

  it('is a hidden loss where its value looks like one that was meant', () => {
    expect(hiddenInexactInteger('[9007199254740993, 100000000000000000001]')).toBe('100000000000000000001');
    expect(hiddenInexactInteger(`[9007199254740993, "100000000000000000001", 6.02e23]`)).toBeUndefined();
    expect(hiddenInexactInteger('[1234567890123456789012345]')).toBe('1234567890123456789012345');
  });
});
