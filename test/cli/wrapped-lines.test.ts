import { expect, it } from 'vitest';

import { wrappedLines } from '../../src/cli/wrapped-lines.js';

it('words go into lines of so many letters, whatever was between them', () => {
  expect(wrappedLines('one two\n  three  four', 9)).toEqual(['one two', 'three', 'four']);
});

it('a word that is longer than a line has one of its own', () => {
  expect(wrappedLines('a https://example.com/long b', 9)).toEqual(['a', 'https://example.com/long', 'b']);
});

it('nothing has no line', () => {
  expect(wrappedLines(' ', 9)).toEqual([]);
});
