import { describe, expect, it } from 'vitest';
import { LARGEST_FRAME } from '../../../src/providers/connection/largest-frame.js';
import { LineSplitter } from '../../../src/providers/connection/line-splitter.js';

function lines(pieces: readonly string[]): readonly string[] {
  const splitter = new LineSplitter();
  const taken = pieces.flatMap((piece) => splitter.take(piece));
  return [...taken, splitter.rest()];
}

describe('LineSplitter', () => {
  it('gives the same lines however the text is cut, with every kind of end', () => {
    const text = 'one\r\ntwo\n\nthree\rfour\r\r\nfive\n';
    const whole = ['one', 'two', '', 'three', 'four', '', 'five', ''];
    for (let size = 1; size <= text.length; size += 1) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, part) =>
        text.slice(part * size, (part + 1) * size),
      );
      expect(lines(pieces)).toEqual(whole);
    }
  });

  it('looks at a line once, though it comes in a million pieces, and ends it where it has no end', () => {
    const splitter = new LineSplitter();
    const pour = () => {
      for (let size = 0; size <= LARGEST_FRAME; size += 1) splitter.take('x');
    };
    expect(pour).toThrow(expect.objectContaining({ code: 'incomplete_stream' }));
  });
});
