import { describe, expect, it } from 'vitest';

import { readResultLines } from '../../../src/providers/batch/result-lines.js';

const MEBIBYTE = 1024 * 1024;

async function linesOf(parts: Iterable<string | Uint8Array>): Promise<(string | undefined)[]> {
  const bytes = [...parts].map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part));
  const lines: (string | undefined)[] = [];
  for await (const line of readResultLines(bytes)) lines.push(line);
  return lines;
}

describe('the lines of a file of results', () => {
  it('are the same wherever the network cuts them', async () => {
    const bytes = new TextEncoder().encode('{"a":"ö"}\r\n\n{"b":2}\n{"c":3}');
    const cut = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(await linesOf(cut)).toEqual(['{"a":"ö"}', '{"b":2}', '{"c":3}']);
  });

  it('are none in an empty file', async () => {
    expect(await linesOf([])).toEqual([]);
    expect(await linesOf(['\n', '\n'])).toEqual([]);
  });

  it('leave out one that is too long, and go on behind it', async () => {
    expect(
      await linesOf(['{"a":1}\n', ...Array.from({ length: 5 }, () => 'x'.repeat(MEBIBYTE)), '\n{"b":2}\n']),
    ).toEqual(['{"a":1}', undefined, '{"b":2}']);
  });

  it('are read of hundreds of MiB without having them in memory', async () => {
    const block = new Uint8Array(MEBIBYTE).fill(120);
    let given = 0;
    const endless = function* () {
      for (; given < 300; given += 1) yield block;
    };
    const before = process.memoryUsage.rss();
    for await (const line of readResultLines(endless())) expect(line).toBeUndefined();
    expect(given).toBe(300);
    expect(process.memoryUsage.rss() - before).toBeLessThan(200 * MEBIBYTE);
  });
});
