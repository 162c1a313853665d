import { describe, expect, it } from 'vitest';

import { carriedOutput, outputOf, trimmedSpan } from '../../../src/core/executions/answer-output.js';

describe('what an answer says in structure', () => {
  const outputAt = { start: 3, end: 12 };

  it('is by itself beside a short text, and is read out of a long one', () => {
    const output = { a: 1 };
    expect(carriedOutput('x', { output, outputAt })).toEqual({ output });
    expect(carriedOutput('x'.repeat(200_000), { output, outputAt })).toEqual({ outputAt });
    expect(outputOf({ text: 'x', output })).toBe(output);
    expect(outputOf({ text: 'a: {"a": 1}.', outputAt: { start: 3, end: 11 } })).toEqual(output);
    expect(outputOf({ text: 'x' })).toBeUndefined();
  });

  it('carries no text that cannot be stored, whatever an escape says', () => {
    const text = String.raw`"a\u0000\ud83d"`;
    expect(outputOf({ text, outputAt: trimmedSpan(text) })).toBe('a\uFFFD\uFFFD');
  });

  it('stands between blanks', () => {
    expect(trimmedSpan('\uFEFF {} \n')).toEqual({ start: 2, end: 4 });
    expect(trimmedSpan('x  {}  x', { start: 1, end: 7 })).toEqual({ start: 3, end: 5 });
    expect(trimmedSpan('   ')).toEqual({ start: 3, end: 3 });
  });
});
