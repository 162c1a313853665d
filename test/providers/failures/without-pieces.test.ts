import { describe, expect, it } from 'vitest';
import { withoutPieces } from '../../../src/providers/failures/without-pieces.js';

const without = (text: string, ...others: readonly string[]) =>
  withoutPieces(text, others, { length: 16, mask: '[…]' });

describe('withoutPieces', () => {
  it.each([
    ['bad input: "report says that revenue"!', ['The report says that revenue fell.'], 'bad input: "[…]"!'],
    ['it says revenue', ['The report says that revenue fell.'], 'it says revenue'],
    ['a secret plan, a secret plan', ['secret plan'], 'a […], a […]'],
    ['one two three four five', ['one two three four', 'three four five six'], '[…] five'],
    ['no', ['no'], 'no'],
    ['', ['something that is long enough'], ''],
  ])('takes out of "%s" what %j has', (text, others, left) => {
    expect(without(text, ...others)).toBe(left);
  });

  it('takes time in proportion to the others, however alike they are', () => {
    expect(without('a'.repeat(300), 'a'.repeat(1024 * 1024))).toBe('[…]');
    expect(without(`${'a'.repeat(299)}b`, 'a'.repeat(1024 * 1024))).toBe('[…]b');
    without(
      Array.from({ length: 300 }, (_, at) => String.fromCharCode(97 + (at % 26))).join(''),
      'abcdefghijklmnoz'.repeat(64 * 1024),
    );
  });
});
