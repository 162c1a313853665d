import { describe, expect, it } from 'vitest';

import { boundedJson } from '../../../src/core/json/bounded-json.js';

describe('a value as JSON of so many characters at most', () => {
  it.each([[null], [7], ['text'], [{ a: [1, { b: 'c' }] }], [new Date(0)], [{ at: new Date(0), left: undefined }]])(
    'is what JSON says of it: %j',
    (value) => {
      expect(boundedJson(value, 1000)).toEqual({ text: JSON.stringify(value) });
    },
  );

  it.each([
    ['a long text', 'x'.repeat(101)],
    ['long keys', { ['x'.repeat(101)]: 1 }],
    ['a long list', Array.from({ length: 101 }, () => 1)],
    ['texts that are long together', ['x'.repeat(60), { a: 'x'.repeat(60) }]],
    ['bytes', new Uint8Array(200_000_000)],
    ['bytes within', [{ bytes: Buffer.alloc(200_000_000) }]],
    ['what it makes of itself', { toJSON: () => 'x'.repeat(101) }],
  ])('is not made where it would be longer: %s', (_what, value) => {
    expect(boundedJson(value, 100)).toEqual({});
  });

  it('is nothing where JSON cannot say it', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const thrower = {
      get broken() {
        throw new Error('no');
      },
    };
    for (const value of [circle, 1n, () => 1, Symbol('s'), thrower]) expect(boundedJson(value, 100)).toBeUndefined();
  });
});
