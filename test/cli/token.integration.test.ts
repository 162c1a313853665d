import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';

import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';

import { readAccessEntries } from '../../src/core/access/read-access-entries.js';
import type { JsonValue } from '../../src/core/json/json.js';

const run = promisify(execFile);

async function token(...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
  try {
    const { stdout } = await run(process.execPath, ['bin/circuit-breaker.js', 'token', ...args]);
    return { code: 0, said: stdout };
  } catch (error) {
    const { code, stderr } = error as { readonly code: number; readonly stderr: string };
    return { code, said: stderr };
  }
}

describe('circuit-breaker token create', () => {
  it('prints a token, and an entry that knows it by its hash alone', async () => {
    const workflows = ['--workflow', 'a, b', '--workflow', 'c'];
    const { code, said } = await token(
      'create',
      '--name',
      'ci',
      '--role',
      'operate',
      ...workflows,
      '--expires',
      '2099-06-30T00:00:00Z',
    );
    expect(code).toBe(0);
    const [secret = ''] = /\bcb_[\w-]{43}\b/.exec(said) ?? [];
    const entries = readAccessEntries(parse(said.slice(said.indexOf('- name:'))) as JsonValue);
    const sha256 = createHash('sha256').update(secret).digest('hex');
    const expiresAt = Date.parse('2099-06-30T00:00:00Z');
    expect(entries).toEqual({
      value: [{ name: 'ci', sha256, role: 'operate', workflows: ['a', 'b', 'c'], expiresAt }],
    });
    expect(said.split(secret)).toHaveLength(2);
  });

  it('never makes the same twice', async () => {
    const made = await Promise.all([1, 2].map(() => token('create', '--name', 'x', '--role', 'read')));
    expect(new Set(made.map(({ said }) => /cb_[\w-]+/.exec(said)?.[0])).size).toBe(2);
  });

  it.each([
    [[], 'Say what to do: token create, or token and the id of one.'],
    [['create'], 'name must be a text'],
    [['create', '--name', 'x', '--role', 'admin'], 'role must be one of read, operate, administer'],
    [['create', '--name', 'x', '--role', 'read', '--expires', 'soon'], 'expires must be a time'],
    [['create', '--name', 'x', '--role', 'read', '--workflow', ','], 'workflows must be a list'],
  ])('%j is refused with what it should be', async (args, message) => {
    const { code, said } = await token(...args);
    expect(code).toBe(2);
    expect(said).toContain(message);
  });
});
