import { describe, expect, it } from 'vitest';

import { canonicalJson, jsonEquals } from '../../../src/core/json/json.js';

describe('JSON equality', () => {
  it('does not mind key order and does mind array order', () => {
    expect(jsonEquals({ a: 1, b: [1, 2] }, { b: [1, 2], a: 1 })).toBe(true);
    expect(jsonEquals([1, 2], [2, 1])).toBe(false);
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe('{"a":[{"c":2,"d":1}],"b":1}');
  });
});
