import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

const BLOCKED = fileURLToPath(new URL('../support/processes/blocked-process.ts', import.meta.url));

async function blocked(
  forMs: number,
  looksUntilEnd: number,
): Promise<{ signal: unknown; said: string; lines: readonly unknown[] }> {
  const child = spawn(process.execPath, ['--import', 'tsx', BLOCKED, String(forMs), String(looksUntilEnd)]);
  const texts = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (texts.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (texts.err += text));
  const [, signal] = (await once(child, 'close')) as readonly unknown[];
  const lines = texts.err.split('\n').filter((line) => line.startsWith('{'));
  return { signal, said: texts.out, lines: lines.map((line): unknown => JSON.parse(line)) };
}

const tools = [{ name: 'spinner', idempotencyKey: 'run-1:1:0' }];

describe('a tool that computes and lets nothing else run', () => {
  it('is named in the log while it does, and left alone where it comes to its end', async () => {
    const { signal, said, lines } = await blocked(2000, 1000);
    expect([signal, said]).toEqual([null, 'done\n']);
    expect(lines).toMatchObject([{ level: 50, tools }]);
  });

  it('for ever, is ended with its process, which says why', async () => {
    const { signal, lines } = await blocked(Infinity, 20);
    expect(signal).toBe('SIGKILL');
    expect(lines).toMatchObject([
      { level: 50, tools },
      { level: 60, tools },
    ]);
  });
});
