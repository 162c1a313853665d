import { describe, expect, it } from 'vitest';

import { MessageSize, type MessageEnd } from '../../../src/tools/mcp/message-size.js';

const VALUES = 'it sent more than 100000 values in one message';
const BYTES = 'it sent more than 10485760 bytes in one message';

/** The first reason to refuse a message that comes in such pieces. */
function refusal(text: string, end: MessageEnd = 'none', pieceBytes = 65_536): string | undefined {
  const size = new MessageSize(end);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const reason = size.add(bytes.subarray(at, at + pieceBytes));
    if (reason !== undefined) return reason;
  }
  return undefined;
}

const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
const wide = (values: number) => `[${'1,'.repeat(values)}1]`;

describe('the size of a message of an MCP server', () => {
  it.each([
    ['lists within lists', deep(100_001), VALUES],
    ['values side by side', wide(100_001), VALUES],
    ['objects', `[${'{"type":"x"}'.repeat(100_001)}]`, VALUES],
    ['bytes of one text', `"${'x'.repeat(10_485_760)}"`, BYTES],
  ])('is refused by its %s, in whatever pieces it comes', (_, text, reason) => {
    expect(refusal(text)).toBe(reason);
    expect(refusal(text, 'line', 7)).toBe(reason);
  });

  it.each([
    ['as many values as it may have', wide(99_990)],
    ['what only looks like values, in a text', `"${'[,{'.repeat(200_000)}"`],
    ['quotes and backslashes in a text', String.raw`"${'\\"[,'.repeat(200_000)}\\"`],
  ])('may be %s', (_, text) => {
    expect(refusal(text, 'none', 7)).toBeUndefined();
  });

  it('is counted anew behind its end', () => {
    expect(refusal(`${wide(60_000)}\n`.repeat(3), 'line')).toBeUndefined();
    for (const end of ['\n\n', '\r\n\r\n', '\r\r']) {
      expect(refusal(`data: ${wide(60_000)}${end}`.repeat(3), 'empty line', 7)).toBeUndefined();
    }
    expect(refusal(`data: ${wide(60_000)}\r\n`.repeat(3), 'empty line')).toBe(VALUES);
  });

  it('hides nothing behind a text that its line does not end', () => {
    expect(refusal(`id: "\ndata: ${deep(100_001)}\n\n`, 'empty line')).toBe(VALUES);
  });

  it('costs little to find out', () => {
    const before = process.cpuUsage();
    refusal(`"${'x'.repeat(10_000_000)}"`);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1000);
  });
});
