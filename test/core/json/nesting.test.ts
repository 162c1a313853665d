import { describe, expect, it } from 'vitest';
import { nestsDeeper } from '../../../src/core/json/nesting.js';

describe('JSON nests deeper than so many levels', () => {
  it.each([
    ['[[[[]]]]', 3, true],
    ['[[[[]]]]', 4, false],
    ['{"a":[{"b":[]}]}', 3, true],
    ['[[],[],[],[[]]]', 2, true],
    ['[[],[],[],[]]', 2, false],
    ['["[[[[", "\\"[[[[", []]', 2, false],
    ['1', 0, false],
  ])('%s, %i: %s', (json, most, deeper) => {
    expect(nestsDeeper(json, most)).toBe(deeper);
  });
});
