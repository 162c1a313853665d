import { describe, expect, it } from 'vitest';

import { FolderRest } from '../../../src/cli/dev/folder-rest.js';
import type { SeenFolder } from '../../../src/cli/dev/watched-files.js';

const at = (state: number, hasMore = false): SeenFolder => ({ files: new Map([['a.md', String(state)]]), hasMore });

function watched(): { readonly rest: FolderRest; readonly said: string[] } {
  const said: string[] = [];
  return { rest: new FolderRest((line) => void said.push(line)), said };
}

describe('a folder', () => {
  it('is at rest once it was the same for a third of a second', () => {
    const { rest } = watched();
    expect([0, 150, 299, 300, 5000].map((ms) => rest.isAtRest(at(1), ms))).toEqual([false, false, false, true, true]);
    expect([5100, 5399, 5400].map((ms) => rest.isAtRest(at(2), ms))).toEqual([false, false, true]);
  });

  it('that is saved ten times a second is at rest after the last save, and it is said once that it does not come to rest', () => {
    const { rest, said } = watched();
    for (let ms = 0; ms < 60_000; ms += 100) expect(rest.isAtRest(at(ms), ms)).toBe(false);
    expect(said).toEqual(['a.md changes again and again: it is applied once the folder comes to rest.']);
    expect(rest.isAtRest(at(59_900), 60_200)).toBe(true);
    for (let ms = 61_000; ms < 72_000; ms += 100) rest.isAtRest(at(ms), ms);
    expect(said).toHaveLength(2);
  });

  it('that is saved now and then is no trouble, however long that goes on', () => {
    const { rest, said } = watched();
    for (let save = 0; save < 100; save += 1) {
      rest.isAtRest(at(save), save * 1000);
      expect(rest.isAtRest(at(save), save * 1000 + 400)).toBe(true);
    }
    expect(said).toEqual([]);
  });

  it('with more files than are looked at is told once', () => {
    const { rest, said } = watched();
    for (const ms of [0, 150, 300]) rest.isAtRest(at(1, true), ms);
    expect(said).toEqual([expect.stringContaining('very many files')]);
  });
});
