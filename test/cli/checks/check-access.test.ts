import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { checkAccess } from '../../../src/cli/checks/check-access.js';
import { parseConfig } from '../../../src/config.js';

const folder = mkdtempSync(join(tmpdir(), 'access-'));
const file = join(folder, 'tokens.yaml');
const TOKEN = { AGENT_ACCESS_TOKEN: 'cb_0123456789abcdef' };
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function found(environment: Record<string, string>): Promise<readonly string[]> {
  const findings = await checkAccess(parseConfig(environment, { isTerminal: false }));
  return findings.map(({ state, text }) => `${state} ${text}`);
}

describe('the doctor, asked who would be let in', () => {
  it('says that without tokens only this machine is served', async () => {
    expect(await found({})).toEqual(['ok Anybody on this machine, and nobody else, may do everything.']);
  });

  it('counts the tokens of the file, and those whose time is over', async () => {
    const entry = (name: string, expires: string) =>
      `- { name: ${name}, sha256: ${'ab'.repeat(32)}, role: read, expires: ${expires} }\n`;
    writeFileSync(file, entry('past', '2020-01-01T00:00:00Z') + entry('to come', '2099-01-01T00:00:00Z'));
    expect(await found({ ...TOKEN, ACCESS_TOKENS_FILE: file })).toEqual([
      `ok Whoever shows a token: AGENT_ACCESS_TOKEN, or one of 2 in ${file} (1 expired).`,
    ]);
  });

  it.each([
    ['{', /neither JSON nor YAML/],
    ['name: x', /must be a list/],
    [`- { name: x, sha256: cb_secret, role: read }`, /sha256 must be 64 hexadecimal digits/],
    [`- { name: x, sha256: ${'ab'.repeat(32)}, role: admin }`, /role must be one of read, operate, administer/],
  ])('says what is wrong with a file of %s, and shows nothing of it', async (content, message) => {
    writeFileSync(file, content);
    const [text] = await found({ ACCESS_TOKENS_FILE: file });
    expect(text).toMatch(/^FAIL ACCESS_TOKENS_FILE: /);
    expect(text).toMatch(message);
    expect(text).not.toContain('cb_secret');
  });

  it('says that tokens can be read on the way to another address without TLS', async () => {
    expect(await found({ ...TOKEN, HOST: '0.0.0.0' })).toContainEqual(
      expect.stringMatching(/^note HOST is 0\.0\.0\.0, and tokens can be read/),
    );
    const [, certificate] = await found({
      ...TOKEN,
      TLS_CERT_FILE: join(folder, 'x'),
      TLS_KEY_FILE: join(folder, 'y'),
    });
    expect(certificate).toMatch(/^FAIL TLS_CERT_FILE: .+ cannot be read \(ENOENT\)/);
  });
});
