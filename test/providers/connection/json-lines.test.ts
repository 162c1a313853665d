import { describe, expect, it, vi } from 'vitest';
import { readJsonLines } from '../../../src/providers/connection/json-lines.js';

async function read(text: string): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const items of readJsonLines([new TextEncoder().encode(text)])) lines.push(...items);
  return lines.map((line) => line.replaceAll(/\s/g, ''));
}

describe('readJsonLines', () => {
  it('reads values line by line, and one over several lines as one', async () => {
    expect(await read('{"a":1}\r\n\r\n{"b":2}')).toEqual(['{"a":1}', '{"b":2}']);
    expect(await read('{"a":1}\n{\n "b": {\n  "c": 2\n }\n}\n{"d":3}\n')).toEqual([
      '{"a":1}',
      '{"b":{"c":2}}',
      '{"d":3}',
    ]);
  });

  it.each([
    ['is closed at its end', '{"a":[\n', '{"b":1},\n', '1]}\n'],
    ['goes on behind its end', '{"a":\n', '[]}\n', '{}]'],
  ])('parses lines once, however many end like a value that %s', async (_, first, line, last) => {
    const parse = vi.spyOn(JSON, 'parse');
    try {
      await read(first + line.repeat(100) + last);
      expect(parse).toHaveBeenCalledTimes(1);
    } finally {
      parse.mockRestore();
    }
  });

  it('reads one value over lines after the other', async () => {
    const many = '{\n"a":1\n}\n'.repeat(3);
    expect(await read(many)).toEqual(Array.from({ length: 3 }, () => '{"a":1}'));
  });

  it('reads lines that a gateway made events of', async () => {
    expect(await read(': hi\nevent: x\ndata: {"a":1}\n\ndata:{"b":2}\n\n')).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('passes on a line that was cut, together with what it swallows', async () => {
    expect(await read('{"a":\n{"b":2}\n')).toEqual(['{"a":{"b":2}']);
    expect(await read('{"a":1}\n{"b"')).toEqual(['{"a":1}', '{"b"']);
  });
});
