import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { changedFiles, lookAtFiles } from '../../../src/cli/dev/watched-files.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watched-files-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function write(file: string, text = ''): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

const look = (leftOut = 'data') => lookAtFiles(folder, leftOut);

/** What a look finds changed after something was done. */
function changedBy(act: () => void): readonly string[] {
  const before = look().files;
  act();
  return changedFiles(before, look().files);
}

describe('the files of a folder', () => {
  it('are those that definitions and tools may consist of, wherever they lie', () => {
    const seen = ['agents/a.yaml', 'agents/a.md', 'prompts/deep/b.txt', 'shared.ts', 'tools/t.mjs', 'w.json', '.env'];
    const others = ['node_modules/x/a.yaml', '.git/a.json', 'data/a.json', 'run.log', 'agents/.env', 'a.yaml.swp'];
    for (const file of [...seen, ...others]) write(file);
    expect([...look().files.keys()].sort()).toEqual(seen.sort());
  });

  it('are told when they are made, saved, saved by renaming, and deleted', () => {
    write('agents/a.yaml', 'one');
    expect(changedBy(() => undefined)).toEqual([]);
    expect(
      changedBy(() => {
        write('agents/b.yaml');
      }),
    ).toEqual(['agents/b.yaml']);
    expect(
      changedBy(() => {
        write('agents/a.yaml', 'two, longer');
      }),
    ).toEqual(['agents/a.yaml']);
    write('agents/a.yaml~', 'tre, longer');
    expect(
      changedBy(() => {
        renameSync(join(folder, 'agents/a.yaml~'), join(folder, 'agents/a.yaml'));
      }),
    ).toEqual(['agents/a.yaml']);
    expect(
      changedBy(() => {
        rmSync(join(folder, 'agents/a.yaml'));
      }),
    ).toEqual(['agents/a.yaml']);
    expect(
      changedBy(() => {
        rmSync(join(folder, 'agents'), { recursive: true });
      }),
    ).toEqual(['agents/b.yaml']);
  });

  it('are told with what a link to them leads to; links in a circle are no trouble', () => {
    write('texts/a.md', 'one');
    mkdirSync(join(folder, 'agents'));
    symlinkSync('../texts/a.md', join(folder, 'agents/a.md'));
    symlinkSync('loop.md', join(folder, 'agents/loop.md'));
    symlinkSync('..', join(folder, 'agents/up'));
    expect(
      changedBy(() => {
        write('texts/a.md', 'two, longer');
      }),
    ).toEqual(['agents/a.md', 'texts/a.md']);
  });

  it('are bounded: what lies nearest to the folder comes first', () => {
    for (const file of ['agents/a.yaml', 'deep/er/b.md', 'deep/er/c.md']) write(file);
    const { files, hasMore } = lookAtFiles(folder, 'data', 4);
    expect(hasMore).toBe(true);
    expect([...files.keys()]).toEqual(['agents/a.yaml']);
  });
});
