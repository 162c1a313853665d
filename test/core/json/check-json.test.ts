import { describe, expect, it } from 'vitest';

import { checkInput, checkJson } from '../../../src/core/json/check-json.js';

function nested(depth: number): unknown {
  let value: unknown = 'leaf';
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

function found(input: unknown): readonly string[] {
  return checkJson(input).map(({ code, pointer }) => `${code} ${pointer}`);
}

describe('checkJson', () => {
  it('accepts whatever JSON can carry', () => {
    expect(found({ text: 'é 🙂 \u001f', list: [1, -0.5, true, null], constructor: 'a key like any other' })).toEqual(
      [],
    );
  });

  it('finds every text that cannot be stored, keys included, with its pointer', () => {
    expect(found({ a: 'x\0', b: ['ok', '\ud800'], 'k/\udc00': 1 })).toEqual([
      'TEXT_INVALID /a',
      'TEXT_INVALID /k~1\ufffd',
      'TEXT_INVALID /b/1',
    ]);
  });

  it('refuses the key __proto__ as JSON.parse makes it', () => {
    expect(found(JSON.parse('{"data":{"__proto__":{"admin":true}}}'))).toEqual(['TEXT_INVALID /data/__proto__']);
  });

  it('refuses numbers that JSON would turn into null', () => {
    expect(found(JSON.parse('{"n":1e999}'))).toEqual(['INVALID_VALUE /n']);
  });

  it('refuses numbers of input that several whole ones may have become, of the first on', () => {
    const numbers = '[9007199254740991, -9007199254740991, 0.1, 1e-300, 6.02e23, -1.7976931348623157e308, 1e16, 2e20]';
    expect(checkInput(JSON.parse(numbers))).toEqual([]);
    const lost = '[9007199254740993, -9007199254740992, 12345678901234567890, 9007199254740993.5]';
    expect(checkInput({ list: JSON.parse(lost) as unknown }).map(({ code, pointer }) => `${code} ${pointer}`)).toEqual([
      'NUMBER_INEXACT /list/0',
      'NUMBER_INEXACT /list/1',
      'NUMBER_INEXACT /list/2',
      'NUMBER_INEXACT /list/3',
    ]);
    expect(checkJson(JSON.parse(lost))).toEqual([]);
  });

  it('allows 64 levels and no more, without recursion', () => {
    expect(found(nested(64))).toEqual([]);
    expect(checkJson(nested(100_000)).map(({ code }) => code)).toEqual(['TOO_DEEP']);
  });

  it('stops looking when there is enough to report', () => {
    expect(checkJson(Array.from({ length: 500_000 }, () => '\0'))).toHaveLength(20);
  });
});
