import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  leadingPart,
  nextWellFormed,
  splitText,
  storable,
  storableJson,
  trailingPart,
  wellFormed,
  wellFormedJson,
} from '../../../src/core/json/well-formed-text.js';

/** Any code units, with many surrogates among them. */
const anyText = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0xd7ff, max: 0xe000 }), fc.constant(0)))
  .map((units) => String.fromCharCode(...units));

/** What a round trip through UTF-8 makes of it. */
function throughUtf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8').replaceAll('\0', '\uFFFD');
}

describe('well-formed text', () => {
  it('is what survives UTF-8, without U+0000', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(wellFormed(text)).toBe(throughUtf8(text));
      }),
    );
  });

  it('comes out of deltas the same, wherever they are cut, and is well-formed after each', () => {
    fc.assert(
      fc.property(fc.array(anyText), (deltas) => {
        let [all, rest] = ['', ''];
        for (const delta of deltas) {
          const { text, held } = nextWellFormed(rest, delta);
          expect(text).toBe(throughUtf8(text));
          [all, rest] = [all + text, held];
        }
        expect(all + wellFormed(rest)).toBe(throughUtf8(deltas.join('')));
      }),
    );
  });

  it('holds back only half a character', () => {
    expect(nextWellFormed('', 'a\uD83D')).toEqual({ text: 'a', held: '\uD83D' });
    expect(nextWellFormed('\uD83D', '\uDE42b')).toEqual({ text: '🙂b', held: '' });
    expect(nextWellFormed('\uD83D', 'b')).toEqual({ text: '\uFFFDb', held: '' });
  });

  it('is split between characters, into pieces that are whole again together', () => {
    fc.assert(
      fc.property(anyText.map(wellFormed), fc.integer({ min: 2, max: 9 }), (text, size) => {
        const pieces = splitText(text, size);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) {
          expect(piece).toBe(throughUtf8(piece));
          expect(piece.length).toBeLessThanOrEqual(size);
        }
      }),
    );
  });

  it('is never cut to nothing, which would not get on', () => {
    expect(leadingPart('🙂a', 1)).toBe('🙂');
    expect(leadingPart('ab', 0)).toBe('a');
  });

  it('is taken from the end between characters, too', () => {
    expect(trailingPart('a🙂', 1)).toBe('');
    expect(trailingPart('a🙂', 2)).toBe('🙂');
    expect(trailingPart('ab', 5)).toBe('ab');
  });

  it('is what JSON text has, whichever way it was escaped, and whole characters stay', () => {
    const value = { 'k\0': 'a\uD83D', ok: '🙂 \\ud83d \\u0000 \u2028' };
    expect(JSON.parse(storableJson(value))).toEqual(wellFormedJson(value));
    expect(storableJson(value)).not.toMatch(/[^\\]\\u(?:0000|d83d)/);
  });

  it('costs no copy where nothing has to be mended', () => {
    const value = { text: '🙂' };
    expect(storable(value)).toBe(value);
    expect(storable({ text: '\0' })).toEqual({ text: '\uFFFD' });
  });

  it('reaches every string of a JSON value', () => {
    const value = { 'k\0': ['a\uD800', { deep: '\uDC00b', n: 1, none: null }], ok: '🙂' };
    expect(wellFormedJson(value)).toEqual({ 'k\uFFFD': ['a\uFFFD', { deep: '\uFFFDb', n: 1, none: null }], ok: '🙂' });
  });
});
