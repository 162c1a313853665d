import { describe, expect, it } from 'vitest';

import { AnswerLimit } from '../../../src/core/executions/answer-limit.js';

const MIB = 1024 * 1024;

function take(text: string): void {
  const limit = new AnswerLimit('The answer');
  for (let from = 0; from < text.length; from += 1000) limit.add(text.slice(from, from + 1000));
}

describe('the longest answer', () => {
  it.each([
    ['letters', 'x'.repeat(MIB)],
    ['letters of two bytes', 'é'.repeat(MIB / 2)],
    ['JSON, a third of which is quotes', '"a",'.repeat(MIB / 4)],
  ])('has a mebibyte of %s', (_what, text) => {
    expect(() => {
      take(text);
    }).not.toThrow();
    expect(() => {
      take(`${text}x`);
    }).toThrow(expect.objectContaining({ code: 'answer_too_large' }) as Error);
  });

  it('has fewer of what takes more than a payload of Temporal as JSON', () => {
    expect(() => {
      take('\n'.repeat(MIB));
    }).toThrow(/as JSON/);
  });
});
