import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { makeDirectory } from '../src/make-directory.js';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'make-directory-'));
});
afterEach(() => rm(home, { recursive: true }));

describe('a folder', () => {
  it('is made with those above it, by as many at once as want it, and stays when it is there', async () => {
    const path = join(home, 'a/b/c');
    await Promise.all(Array.from({ length: 20 }, () => makeDirectory(path)));
    await makeDirectory(path);
    expect((await stat(path)).isDirectory()).toBe(true);
  });

  it('is there where a link leads to one', async () => {
    await mkdir(join(home, 'real'));
    await symlink('real', join(home, 'link'));
    await makeDirectory(join(home, 'link'));
    await makeDirectory(join(home, 'link/below'));
    expect((await stat(join(home, 'real/below'))).isDirectory()).toBe(true);
  });

  it('is refused in the place of a file, and below one', async () => {
    await writeFile(join(home, 'file'), '');
    await expect(makeDirectory(join(home, 'file'))).rejects.toThrow('EEXIST');
    await expect(makeDirectory(join(home, 'file/below/it'))).rejects.toThrow('ENOTDIR');
  });

  it.runIf(process.platform === 'linux')('is refused where nothing can be made, at once', async () => {
    await expect(makeDirectory('/proc/of/nobody')).rejects.toThrow('ENOENT');
    await expect(makeDirectory('/proc/nobody')).rejects.toThrow('ENOENT');
  });
});
