import { readFileSync } from 'node:fs';

import semver from 'semver';
import { describe, expect, it } from 'vitest';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly engines?: { readonly node?: string } }>>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly engines: { readonly node: string } };
const lockFile = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;

/** Packages, of whatever kind, that do not say that they run wherever we do: npm warns of them (EBADENGINE). */
function thoseThatRunElsewhere({ packages }: LockFile, ours: string): readonly string[] {
  return Object.entries(packages)
    .map(([path, { engines }]) => ({ path, theirs: engines?.node ?? '*' }))
    .filter(({ theirs }) => !semver.subset(ours, theirs))
    .map(({ path, theirs }) => `${path} wants Node ${theirs}`);
}

describe('the versions of Node that run this', () => {
  it.each(['20.19.0', '20.99.0', '22.13.0', '22.99.0', '24.0.0', '24.99.0'])('include %s', (version) => {
    expect(semver.satisfies(version, manifest.engines.node)).toBe(true);
  });

  it('are all tried before a change lands', () => {
    const tried = readFileSync('.ci/nodes', 'utf8').trim().split('\n');
    expect(tried.filter((version) => !semver.satisfies(version, manifest.engines.node))).toEqual([]);
    const named = semver.validRange(manifest.engines.node)?.match(/(?<=>=)\d+/g);
    expect(tried.map((version) => String(semver.major(version)))).toEqual(named);
  });

  it('run every package of the lock file, too', () => {
    expect(thoseThatRunElsewhere(lockFile, manifest.engines.node)).toEqual([]);
  });

  it.each(['>= 22.x', '^20.19 || ^22.15 || >=24', '^20.19.0 || ^22.13.0', '>=20 <25'])(
    'would not all run a package that wants %s',
    (node) => {
      const packages = { 'node_modules/picky': { engines: { node } }, 'node_modules/easy': {} };
      expect(thoseThatRunElsewhere({ packages }, manifest.engines.node)).toEqual([
        `node_modules/picky wants Node ${node}`,
      ]);
    },
  );
});
