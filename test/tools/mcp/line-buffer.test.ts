import { describe, expect, it } from 'vitest';

import { LineBuffer } from '../../../src/tools/mcp/line-buffer.js';

const bytes = (text: string) => Buffer.from(text);

describe('a buffer of lines', () => {
  it('gives each line once it is there, however its bytes come', () => {
    const buffer = new LineBuffer();
    const euro = bytes('€\nnext');
    expect(buffer.add(bytes('one\ntwo\n\nth'))).toEqual(['one', 'two', '']);
    expect(buffer.add(bytes('ree\r\n'))).toEqual(['three\r']);
    expect(buffer.add(euro.subarray(0, 1))).toEqual([]);
    expect(buffer.add(euro.subarray(1))).toEqual(['€']);
  });
});
