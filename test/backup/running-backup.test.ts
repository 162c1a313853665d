import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { extract } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { checkedContents } from '../../src/backup/backup-contents.js';
import { RunningBackup } from '../../src/backup/running-backup.js';
import { NOW } from '../support/builders.js';
import { eventually } from '../support/eventually.js';

let dataDir: string;
let copyTo: (folder: string) => Promise<void>;
let backup: RunningBackup;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cb-data-'));
  copyTo = (folder) => writeFile(join(folder, 'temporal.db'), 'x'.repeat(500_000));
  backup = new RunningBackup({ dataDir, version: '1.2.3', now: () => NOW, copyTo: (folder) => copyTo(folder) });
});
afterEach(() => rm(dataDir, { recursive: true }));

const nothingIsLeft = () =>
  eventually(async () => {
    expect(await readdir(dataDir)).toEqual([]);
  });

describe('a backup of what goes on', () => {
  it('is read as an archive that is a backup, and leaves nothing behind', async () => {
    const to = await mkdtemp(join(tmpdir(), 'cb-read-'));
    await pipeline(await backup.read(), extract({ cwd: to, strict: true }));
    expect(await checkedContents(to)).toMatchObject({ version: '1.2.3', madeAt: NOW, files: [{ size: 500_000 }] });
    await nothingIsLeft();
    await rm(to, { recursive: true });
  });

  it.each([0, 1])(
    'whose reader leaves after %i pieces leaves nothing behind, and another one can be made',
    async (pieces) => {
      const archive = await backup.read();
      for (let read = 0; read < pieces; read += 1) await archive.iterator({ destroyOnReturn: false }).next();
      archive.destroy();
      await nothingIsLeft();
      (await backup.read()).destroy();
      await nothingIsLeft();
    },
  );

  it('is the only one', async () => {
    const archive = await backup.read();
    await expect(backup.read()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    archive.destroy();
    await nothingIsLeft();
  });

  it.each([
    [Object.assign(new Error('no space left'), { code: 'ENOSPC' }), /DATA_DIR\) has no room/],
    [new Error('torn'), /torn/],
  ])('that cannot be copied leaves nothing behind, says why, and another one can be made', async (error, message) => {
    const copies = copyTo;
    copyTo = async (folder) => {
      await copies(folder);
      throw error;
    };
    await expect(backup.read()).rejects.toThrow(message);
    await nothingIsLeft();
    copyTo = copies;
    (await backup.read()).destroy();
    await nothingIsLeft();
  });

  it('that cannot begin leaves the next one free to', async () => {
    await rm(dataDir, { recursive: true });
    await expect(backup.read()).rejects.toThrow(/ENOENT/);
    await mkdir(dataDir);
    (await backup.read()).destroy();
    await nothingIsLeft();
  });

  it('takes away what a process left that was killed while it made one', async () => {
    await mkdir(join(dataDir, 'backup-Ab12Cd'));
    (await backup.read()).destroy();
    await nothingIsLeft();
  });
});
