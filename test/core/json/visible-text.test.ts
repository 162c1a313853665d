import { expect, it } from 'vitest';

import { visibleJson, visibleText } from '../../../src/core/json/visible-text.js';

it.each([
  ['a title for the window', '\u001b]0;owned\u0007', '␛]0;owned␇'],
  ['a cleared screen', '\u001b[2J', '␛[2J'],
  ['a return to the beginning of the line', 'rejected\rapproved', 'rejected␍approved'],
  ['a control sequence in one character', '\u009b2J', '<U+009B>2J'],
  ['a step back', 'no\b\byes\u007f', 'no␈␈yes␡'],
  ['letters turned around', 'a\u202egnp.exe\u202c \u2066b\u2069', 'a<U+202E>gnp.exe<U+202C> <U+2066>b<U+2069>'],
  ['a zero', 'a\u0000b', 'a␀b'],
])('shows %s as text', (_name, text, shown) => {
  expect(visibleText(text)).toBe(shown);
});

it('leaves letters, line breaks and tabs of any language as they are', () => {
  const text = 'größer\n\t数字が合わない 🙂 שלום\u200f 👩\u200d💻\n';
  expect(visibleText(text)).toBe(text);
});

it('has JSON that means the same, with nothing that a terminal obeys', () => {
  const value = { 'a\u009b': 'b\u001b[2J\u007f\u0085\u202e\n\té€😀' };
  const text = visibleJson(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(visibleText(text)).toBe(text);
});
