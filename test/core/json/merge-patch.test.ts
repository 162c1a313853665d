import { describe, expect, it } from 'vitest';

import { mergePatch } from '../../../src/core/json/merge-patch.js';

describe('merge patch', () => {
  it('follows RFC 7396 and keeps a key named __proto__ as data', () => {
    const patch = JSON.parse('{"a":null,"b":{"c":[1]},"__proto__":{"d":1}}') as Record<string, never>;
    const merged = mergePatch({ a: 1, b: { x: 1 } }, patch);
    expect(JSON.stringify(merged)).toBe('{"b":{"x":1,"c":[1]},"__proto__":{"d":1}}');
    expect(({} as Record<string, unknown>)['d']).toBeUndefined();
  });
});
