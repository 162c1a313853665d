import { describe, expect, it } from 'vitest';
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

  it('reads lines that a gateway made events of', async () => {
    expect(await read(': hi\nevent: x\ndata: {"a":1}\n\ndata:{"b":2}\n\n')).toEqual(['{"a":1}', '{"b":2}']);
  });

  it('passes on a line that was cut, together with what it swallows', async () => {
    expect(await read('{"a":\n{"b":2}\n')).toEqual(['{"a":{"b":2}']);
    expect(await read('{"a":1}\n{"b"')).toEqual(['{"a":1}', '{"b"']);
  });
});
