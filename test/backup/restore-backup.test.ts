import { mkdir, mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CONTENTS_FILE, writeContents } from '../../src/backup/backup-contents.js';
import { restoreBackup } from '../../src/backup/restore-backup.js';
import { NOW } from '../support/builders.js';

const FACTS = { version: '1.2.3', madeAt: NOW };
const WAL = 'storage/pg_wal/000000010000000000000001';

let parent: string;
let backup: string;
let dataDir: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'cb-backup-'));
  [backup, dataDir] = [join(parent, 'monday'), join(parent, 'data')];
  await mkdir(join(backup, 'storage/pg_wal'), { recursive: true });
  await mkdir(join(backup, 'storage/pg_tblspc'));
  await writeFile(join(backup, 'temporal.db'), 'a database');
  await writeFile(join(backup, WAL), 'x'.repeat(1000));
  await writeContents(backup, FACTS);
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('a backup', () => {
  it.each(['that is not there', 'that is empty'])(
    'becomes a data folder %s, with empty folders and all',
    async (how) => {
      if (how === 'that is empty') await mkdir(dataDir);
      expect(await restoreBackup(backup, dataDir)).toMatchObject(FACTS);
      expect(await readFile(join(dataDir, WAL), 'utf8')).toBe('x'.repeat(1000));
      expect((await readdir(dataDir)).toSorted()).toEqual(['storage', 'temporal.db']);
      expect(await readdir(join(dataDir, 'storage'))).toContain('pg_tblspc');
    },
  );

  it('is restored nowhere where anything is', async () => {
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'mine'), '');
    await expect(restoreBackup(backup, dataDir)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await readdir(dataDir)).toEqual(['mine']);
  });

  const contents = () => join(backup, CONTENTS_FILE);
  it.each<readonly [string, () => Promise<unknown>, RegExp]>([
    ['that is cut', () => truncate(join(backup, WAL), 999), /pg_wal.*has 999 bytes, and had 1000/],
    ['that has another byte', () => writeFile(join(backup, WAL), 'y'.repeat(1000)), /pg_wal.*another one/],
    ['that lacks a file', () => rm(join(backup, 'temporal.db')), /temporal\.db is missing/],
    ['that has got a file', () => writeFile(join(backup, 'other'), ''), /other was not in it/],
    ['whose list is not there', () => rm(contents()), /is no backup, or only a part of one/],
    ['whose list is cut', () => truncate(contents(), 40), /is no JSON/],
    ['whose list is something else', () => writeFile(contents(), '{"files": 3}'), /is not what a backup says/],
    ['that is no folder', () => rm(backup, { recursive: true }), /is no backup/],
    ['of a newer version', newer, /made by version 9\.0\.0, which is newer/],
  ])('%s is restored nowhere, and the message says which and why', async (_what, harm, message) => {
    await harm();
    await expect(restoreBackup(backup, dataDir)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      message: expect.stringMatching(message) as string,
    });
    expect((await readdir(parent)).filter((name) => name !== 'monday')).toEqual([]);
  });
});

async function newer(): Promise<void> {
  const path = join(backup, CONTENTS_FILE);
  const json = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...json, format: 2, version: '9.0.0' }));
}
