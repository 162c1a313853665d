import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { readVariablesFile } from '../src/variables-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'variables-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file of variables', () => {
  it('is read whatever the editor has put in front of it, and need not be there', async () => {
    await writeFile(join(folder, '.env'), '\ufeffFIRST=1\r\nSECOND="two words"\r\n');
    expect(readVariablesFile(join(folder, '.env'))).toEqual({ FIRST: '1', SECOND: 'two words' });
    expect(readVariablesFile(join(folder, 'gone'))).toEqual({});
  });

  it('is refused in one line where it is none', async () => {
    await writeFile(join(folder, 'utf16'), Buffer.from('\ufeffFIRST=1', 'utf16le'));
    expect(() => readVariablesFile(join(folder, 'utf16'))).toThrow(/^\S+ cannot be read: it is no text in UTF-8/);
    await writeFile(join(folder, 'large'), `# ${'x'.repeat(1024 * 1024)}`);
    expect(() => readVariablesFile(join(folder, 'large'))).toThrow(/cannot be read: it has more than 1048576 bytes$/);
    expect(() => readVariablesFile(folder)).toThrow(/cannot be read: it is no file$/);
  });

  it.skipIf(process.platform === 'win32')('is not waited for where it is a pipe that nobody writes to', () => {
    execFileSync('mkfifo', [join(folder, '.env')]);
    expect(() => readVariablesFile(join(folder, '.env'))).toThrow(/cannot be read: it is no file$/);
  });
});
