import { describe, expect, it } from 'vitest';
import { DONE, readFrame } from '../../../src/providers/answer/read-frame.js';

describe('a frame', () => {
  it.each(['', ' \uFEFF', 'ping', '[PING]', 'null', '17', '"alive"', '[]', '[1]', ': OPENROUTER PROCESSING'])(
    'that says nothing is a sign of life: %j',
    (frame) => {
      expect(readFrame(frame)).toEqual([]);
    },
  );

  it('has an object, or a list of them', () => {
    expect(readFrame('\uFEFF{"a":1}\r')).toEqual([{ a: 1 }]);
    expect(readFrame('[{"a":1},{"b":2}]')).toEqual([{ a: 1 }, { b: 2 }]);
  });

  it('may be the last one', () => {
    expect([readFrame('[DONE]'), readFrame(' [done] '), readFrame('"[DONE]"')]).toEqual([DONE, DONE, DONE]);
  });

  it.each(['{"a":', '{', 'ta: {"a":1}', 'lo"},"finish_reason":null}]}', '}', '"a":1', '<!DOCTYPE html><p>', '<html>'])(
    'that is a piece of one, or of a web page, is broken: %j',
    (frame) => {
      expect(() => readFrame(frame)).toThrow(expect.objectContaining({ code: 'incomplete_stream' }));
    },
  );
});
