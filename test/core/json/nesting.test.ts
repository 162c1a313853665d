import { describe, expect, it } from 'vitest';
import { depthAfter, nestsDeeper } from '../../../src/core/json/nesting.js';

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

describe('a part of JSON ends', () => {
  it.each([
    ['[{', 0, 2],
    ['"a": [1, "]"]}', 2, 1],
    [']]', 1, -1],
    ['[[[[', 0, 4],
    [String.raw`"a\"[`, 1, undefined],
    ['"a', 1, undefined],
  ])('%s, begun %i deep: %s', (part, before, depth) => {
    expect(depthAfter(part, before, 3)).toBe(depth);
  });
});
