import { describe, expect, it } from 'vitest';

import { cutJson } from '../../../src/core/json/cut-json.js';
import type { JsonValue } from '../../../src/core/json/json.js';

const bytesOf = (value: JsonValue) => new TextEncoder().encode(JSON.stringify(value)).length;

describe('a value that is cut', () => {
  it('is whole where it fits', () => {
    const value = { a: [1, 'ü'], b: null };
    expect(cutJson(value, 100)).toEqual({ value, cuts: [] });
  });

  it('keeps what is small, in its order, and gives large texts an equal share', () => {
    const { value, cuts } = cutJson({ long: 'x'.repeat(5000), name: 'Ada', other: 'y'.repeat(9000) }, 1000);
    expect(value).toMatchObject({ name: 'Ada' });
    expect(Object.keys(value as object)).toEqual(['long', 'name', 'other']);
    expect(cuts.map(({ keys, kind, length }) => [keys.join('.'), kind, length])).toEqual([
      ['long', 'text', 5000],
      ['other', 'text', 9000],
    ]);
    expect(cuts.every(({ shown }) => shown > 400 && shown < 500)).toBe(true);
  });

  it('has the first items of a list, and says how many there are', () => {
    const { value, cuts } = cutJson({ items: Array.from({ length: 1000 }, (_, index) => index) }, 300);
    const { items } = value as { items: number[] };
    expect(items.slice(0, 3)).toEqual([0, 1, 2]);
    expect(cuts).toEqual([{ keys: ['items'], kind: 'list', shown: items.length, length: 1000 }]);
  });

  it('leaves out members where there are too many, and says so', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key${index}`, 'v'.repeat(50)]));
    const { cuts } = cutJson({ many }, 1000);
    expect(cuts).toMatchObject([{ keys: ['many'], kind: 'object', length: 5000 }]);
  });

  it.each<[string, JsonValue]>([
    ['control characters', '\u0001'.repeat(3000)],
    ['emojis', '😀'.repeat(3000)],
    ['plain beginnings of something long', 'a'.repeat(500) + '\u0001'.repeat(9000)],
    ['lists of lists', [[['x'.repeat(3000)]], 'y'.repeat(3000)]],
    ['objects within objects', { a: { b: { c: 'x'.repeat(5000), d: ['y'.repeat(5000)] }, e: 'z'.repeat(5000) } }],
  ])('never takes more than its room: %s', (_what, value) => {
    for (const bytes of [200, 999, 2500]) {
      const { value: part, cuts } = cutJson(value, bytes);
      expect(bytesOf(part)).toBeLessThanOrEqual(bytes);
      expect(cuts.length).toBeGreaterThan(0);
    }
  });
});
