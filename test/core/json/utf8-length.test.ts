import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { jsonLength, utf8Length } from '../../../src/core/json/utf8-length.js';

const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '\n', '\u0001', '\u007f', 'é', '🙂', '\u2028'),
    fc.string({ maxLength: 1 }),
  ),
});

describe('the length of a text', () => {
  it('in UTF-8 is that of its bytes', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(utf8Length(value)).toBe(Buffer.byteLength(value));
      }),
    );
  });

  it.each(['', 'é', '\u0080', '\uffff', '🙂'])('of plain letters with %j among them is that of its bytes', (one) => {
    const long = `${'plain '.repeat(50)}${one}${' letters'.repeat(50)}`;
    expect(utf8Length(long)).toBe(Buffer.byteLength(long));
  });

  it('as JSON is that of its bytes between the quotes', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(jsonLength(value)).toBe(Buffer.byteLength(JSON.stringify(value)) - 2);
      }),
    );
  });
});
