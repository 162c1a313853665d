import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopSequenceCutter } from '../../../src/providers/answer/cut-stop-sequences.js';

function cut(sequences: readonly string[], pieces: readonly string[]): string {
  const cutter = new StopSequenceCutter(sequences);
  return pieces.map((piece) => cutter.push(piece)).join('') + cutter.flush();
}

describe('StopSequenceCutter', () => {
  it('ends the text before a stop sequence that comes in pieces', () => {
    expect(cut(['END'], ['one E', 'N', 'D two'])).toBe('one ');
  });

  it('holds back what may begin a stop sequence, and no more', () => {
    const cutter = new StopSequenceCutter(['END']);
    expect([cutter.push('trE'), cutter.push('Nd'), cutter.flush()]).toEqual(['tr', 'ENd', '']);
  });

  it('gives out the held text when the answer ends with it', () => {
    expect(cut(['END'], ['the EN'])).toBe('the EN');
  });

  it('passes nothing on after the stop', () => {
    const cutter = new StopSequenceCutter(['#']);
    expect([cutter.push('a#b'), cutter.push('c'), cutter.flush(), cutter.stopped]).toEqual(['a', '', '', true]);
  });

  it('lets the sequence win that is complete first', () => {
    expect(cut(['abcd', 'bc'], ['xabcd'])).toBe('xa');
  });

  it('ignores empty sequences', () => {
    expect(cut([''], ['text'])).toBe('text');
  });

  it('gives the same text however it is cut into pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 20 });
    const sequences = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(sequences, fc.array(letters), (stops, pieces) => {
        expect(cut(stops, pieces)).toBe(cut(stops, Array.from(pieces.join(''))));
      }),
    );
  });
});
