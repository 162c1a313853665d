import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { followTokensFile, readTokensFile } from '../../../src/api/access/tokens-file.js';
import type { AccessEntry } from '../../../src/core/access/access-entry.js';
import { eventually } from '../../support/eventually.js';
import { MemoryLogger } from '../../support/memory-logger.js';

const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
const file = join(folder, 'tokens.yaml');
const ENTRY = { name: 'ci', sha256: 'ab'.repeat(32), role: 'operate' };
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(content: string): readonly AccessEntry[] {
  writeFileSync(file, content);
  return readTokensFile(file);
}

describe('the file of tokens', () => {
  it('is JSON or YAML', () => {
    expect(read(JSON.stringify([ENTRY]))).toEqual([ENTRY]);
    expect(read(`- name: ci\n  sha256: ${ENTRY.sha256.toUpperCase()}\n  role: operate\n  workflows: null\n`)).toEqual([
      ENTRY,
    ]);
    expect(read('[]')).toEqual([]);
  });

  it.each([
    ['', /must be a list/],
    ['null', /must be a list/],
    ['[', /neither JSON nor YAML/],
    [JSON.stringify([ENTRY]).slice(0, -2), /neither JSON nor YAML/],
    [`- &a [*a]`, /neither JSON nor YAML|must have name/],
    [`a: &a [x, x]\nb: &b [${'*a,'.repeat(200)}]\nc: [${'*b,'.repeat(200)}]`, /neither JSON nor YAML/],
    ['? '.repeat(500), /neither JSON nor YAML/],
    ['- '.repeat(250_000), /has a line of more than 200000 characters/],
    ['["x"]', /an entry must have/],
    [JSON.stringify([{ ...ENTRY, sha256: 'ab' }]), /sha256 must be 64 hexadecimal digits/],
    [
      JSON.stringify([{ ...ENTRY, rights: 'all' }]),
      /rights is unknown: an entry has name, sha256, role, workflows, expires/,
    ],
    [JSON.stringify([{ ...ENTRY, workflows: [] }]), /workflows must be a list of 1 to 1000/],
    [JSON.stringify([{ ...ENTRY, workflows: 'a' }]), /workflows must be a list/],
    [JSON.stringify([{ ...ENTRY, expires: '2027-02-30T00:00:00Z' }]), /expires must be a time/],
    [JSON.stringify([{ ...ENTRY, __proto__: {}, name: '' }]), /name must be a text/],
    [JSON.stringify([ENTRY, ENTRY]), /two entries of the name "ci"/],
    [JSON.stringify(Array.from({ length: 1001 }, () => ENTRY)), /more than 1000 entries/],
    ['x'.repeat(1024 * 1024 + 1), /more than 1048576 bytes/],
  ])('that is wrong is refused (%#)', (content, message) => {
    expect(() => read(content)).toThrow(/^ACCESS_TOKENS_FILE: /);
    expect(() => read(content)).toThrow(message);
  });

  it('that is not there is refused', () => {
    expect(() => readTokensFile(join(folder, 'gone'))).toThrow(/cannot be read \(ENOENT\)/);
  });

  it('is followed, and the last good one holds', async () => {
    read(JSON.stringify([ENTRY]));
    const logger = new MemoryLogger();
    const taken: (readonly AccessEntry[])[] = [];
    const end = followTokensFile(file, (entries) => taken.push(entries), logger);
    try {
      writeFileSync(file, JSON.stringify([{ ...ENTRY, name: 'other' }]));
      await eventually(() => {
        expect(taken.at(-1)).toMatchObject([{ name: 'other' }]);
      });
      writeFileSync(file, 'nothing good');
      await eventually(() => {
        expect(logger.lines.at(-1)?.message).toMatch(/the last good one holds/);
      });
      rmSync(file);
      await eventually(() => {
        expect(JSON.stringify(logger.lines.at(-1)?.facts)).toContain('tokens.yaml');
        expect(logger.lines.filter(({ level }) => level === 'error').length).toBeGreaterThan(1);
      });
      expect(taken).toHaveLength(1);
    } finally {
      end();
    }
  });
});
