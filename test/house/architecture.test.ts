import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { INVARIANTS } from '../support/invariants.js';

const PAGE = readFileSync('ARCHITECTURE.md', 'utf8');

interface ImportRule {
  readonly comment?: string;
}

/** What each room stands on, as the import rules word it. */
function floorsOfTheRules(): Map<string, string> {
  const { forbidden } = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as { forbidden: ImportRule[] };
  const floors = forbidden.map(({ comment = '' }) => /^In (\S+), (\S+) stands on: (.*)\.$/.exec(comment));
  return new Map(floors.flatMap((found) => (found ? [[`${found[1] ?? ''}/${found[2] ?? ''}`, found[3] ?? '']] : [])));
}

/** The cells of each row whose first cell names a path. */
function rowsOf(page: string): string[][] {
  return page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );
}

/** Each invariant of the page, as the tag that stands at its end. */
function tagsOf(page: string): string[] {
  const section = page.slice(page.indexOf('## Invariants'), page.indexOf('## A fire, step by step'));
  return [...section.matchAll(/\[`([a-z-]+)`\]/g)].map(([, tag = '']) => tag);
}

function filesOfTests(): string[] {
  return readdirSync('test', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
}

describe('ARCHITECTURE.md', () => {
  it('has a row for everything at the top of src', () => {
    const named = rowsOf(PAGE).flatMap(([path = '']) => [...path.matchAll(/`src\/([^`]+)`/g)].map(([, name]) => name));
    expect(named.toSorted()).toEqual(
      readdirSync('src')
        .map((name) => name.replace(/\.ts$/, ''))
        .toSorted(),
    );
  });

  it('says of every room what it stands on, as the import rules do', () => {
    const floors = floorsOfTheRules();
    const rows = rowsOf(PAGE).filter(([path = '']) => floors.has(path.slice(1, -1)));
    const said = rows.map(
      ([path = '', , below = '']) => [path.slice(1, -1), below === '—' ? 'nothing' : below] as const,
    );
    expect(new Map(said)).toEqual(floors);
  });

  it('names only files that there are', () => {
    const named = [...PAGE.matchAll(/`((?:[a-z-]+\/)*[a-z-]+\.ts)`/g)].map(([, path = '']) => path);
    const files = [...readdirSync('.'), ...readdirSync('src', { recursive: true })].map(
      (path) => `/src/${path.toString()}`,
    );
    expect(named).not.toEqual([]);
    expect(named.filter((path) => !files.some((file) => file.endsWith(`/${path}`)))).toEqual([]);
  });

  it('names only folders and modules of core that there are', () => {
    const paths = [...PAGE.matchAll(/`(core\/[a-z-]+(?:\/[a-z-]+)?)`/g)].map(([, path = '']) => `src/${path}`);
    expect(paths.filter((path) => !existsSync(path) && !existsSync(`${path}.ts`))).toEqual([]);
  });

  it('has the invariants in the order of their tags', () => {
    expect(tagsOf(PAGE)).toEqual([...INVARIANTS]);
  });

  const tests = filesOfTests();
  it.each(INVARIANTS)('promises %s, and a test holds it', (tag) => {
    const carried = new RegExp(`tags: (?:'${tag}'|\\[[^\\]]*'${tag}')`);
    expect(tests.some((text) => carried.test(text))).toBe(true);
  });
});
