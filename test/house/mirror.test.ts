import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

/** Folders of `test` with all that is in them, for which `src` has none, and what they are for. */
const ONLY_IN_TEST: Readonly<Record<string, string>> = {
  e2e: 'whole processes, through their doors',
  house: 'the repository itself',
  'providers/formats/answers': 'what servers really answer, whatever their wire format',
  'providers/formats/contract': 'what every wire format must do',
  soak: 'minutes of faults, started by hand',
  'storage/contract': 'what every storage must do',
  'streams/contract': 'what every stream log must do',
  support: 'what tests share',
  'workflows/histories': 'what the replay tests read',
};

const entries = readdirSync('test', { recursive: true, withFileTypes: true }).map((entry) => ({
  path: join(entry.parentPath, entry.name).replace(/^test\//, ''),
  isFolder: entry.isDirectory(),
}));
const folders = entries.filter(({ isFolder }) => isFolder).map(({ path }) => path);
const tests = entries.map(({ path }) => path).filter((path) => path.endsWith('.test.ts'));

function isOnlyInTest(folder: string): boolean {
  return Object.keys(ONLY_IN_TEST).some((only) => `${folder}/`.startsWith(`${only}/`));
}

/** The file of `src` after which a test is called, if it imports one of that name. */
function namesake(test: string): string | undefined {
  const name = basename(test).replace(/(\.integration|\.e2e)?\.test\.ts$/, '');
  const imported = readFileSync(`test/${test}`, 'utf8').matchAll(/from '(?:\.\.\/)+src\/(\S+)\.js'/g);
  return [...imported].map(([, path]) => path).find((path) => path !== undefined && basename(path) === name);
}

describe('test mirrors src:', () => {
  it('a folder of tests is called after the folder that it tests', () => {
    const others = folders.filter((folder) => !isOnlyInTest(folder) && !existsSync(`src/${folder}`));
    expect(others).toEqual([]);
  });

  it('a test that is called after a file lies where that file does', () => {
    const elsewhere = tests
      .map((test) => ({ test, tested: namesake(test) }))
      .filter(({ test, tested }) => tested !== undefined && dirname(tested) !== dirname(test));
    expect(elsewhere).toEqual([]);
  });

  it.each(Object.keys(ONLY_IN_TEST))('%s is in test, and not in src', (folder) => {
    expect(folders).toContain(folder);
    expect(existsSync(`src/${folder}`)).toBe(false);
  });
});
