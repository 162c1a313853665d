import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';

import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** What runs where `npm ci --omit=dev` installed: the program, its launcher, the build that makes it fit its sources, examples. */
const PRODUCTION = ['src', 'bin', 'scripts/build', 'examples'];
/** What examples import of ours. */
const OURS = 'circuit-breaker';

/** Dependencies that nothing of ours imports, and why they are there. */
const FOR_ANOTHER_REASON: Readonly<Record<string, string>> = {
  '@graphql-tools/merge': 'whoever installs us gets newer ones otherwise, which want newer Nodes than ours',
  'light-my-request': 'whoever installs us gets newer ones otherwise, which want newer Nodes than ours',
  protobufjs: 'without it npm installs an older one, with which recorded histories cannot be replayed',
};

/** What is imported and not installed, and who it is for. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  esbuild: 'bundles the IDE, in a checkout; without it the page says how to make it',
  react: 'the hook is for who has React, as a peer',
  tsx: 'threads of a process that runs from sources',
  typescript: 'declares the types of the client, in a checkout; the program needs none',
  vitest: 'tests of workflows teach it their matcher where they run under it, as a peer',
};

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const dependencies = Object.keys(manifest.dependencies);

/** The packages that a module loads, at once or lazily. Types are gone by then. */
function loadedPackages(source: string): readonly string[] {
  const statements = source.matchAll(/^(?:import|export)\s(?!type\s)(?:[^;']*?\sfrom\s)?'([^']+)'/gm);
  const lazily = source.matchAll(/(?:\bimport|import\.meta\.resolve|createRequire\(\S+\)\.resolve)\('([^']+)'\)/g);
  return [...statements, ...lazily]
    .map(([, specifier = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? '')
    .filter((name) => !/^(\.|node:|$)/.test(name) && name !== OURS && !builtinModules.includes(name));
}

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js|mjs)$/.test(entry.name))
    .map(({ parentPath, name }) => readFileSync(`${parentPath}/${name}`, 'utf8'));
}

const loaded = new Set(PRODUCTION.flatMap(sourcesIn).flatMap(loadedPackages));

describe('the packages that production installs', () => {
  it('are all loaded by what runs there, or are there for a reason that is named', () => {
    const idle = dependencies.filter((name) => !loaded.has(name));
    expect(idle).toEqual(Object.keys(FOR_ANOTHER_REASON));
  });

  it('are all that what runs there loads, apart from what is named', () => {
    const missing = [...loaded].filter((name) => !dependencies.includes(name));
    expect(missing.sort()).toEqual(Object.keys(ELSEWHERE));
  });

  it('have an exact version each, as those of development have', () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it.each([
    ["import a, { b } from 'pack';", ['pack']],
    ["import {\n  a,\n  b,\n} from '@scope/pack/deep';", ['@scope/pack']],
    ["import 'pack/style';", ['pack']],
    ["export { a } from 'pack';", ['pack']],
    ["  const { a } = await import('pack');", ['pack']],
    ["  createRequire(import.meta.url).resolve('@scope/pack/package.json');", ['@scope/pack']],
    ["import type { A } from 'pack';\nimport { b } from './b.js';", []],
    ["import { readFileSync } from 'node:fs';", []],
    [" * import { watch } from 'pack';", []],
  ])('are found in %j', (source, packages) => {
    expect(loadedPackages(source)).toEqual(packages);
  });
});

describe('the entries that others import', () => {
  const sources = Object.values(manifest.exports)
    .filter((target) => typeof target !== 'string')
    .map((target) => target.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'));

  it('have their types beside them', () => {
    const targets = Object.values(manifest.exports).filter((target) => typeof target !== 'string');
    expect(targets.map(({ types }) => types)).toEqual(targets.map((target) => target.default.replace(/js$/, 'd.ts')));
  });

  it('are those that the build declares the types of, and that are no dead code', () => {
    const build = JSON.parse(readFileSync('tsconfig.build.json', 'utf8')) as { readonly files: readonly string[] };
    const knip = JSON.parse(readFileSync('knip.json', 'utf8')) as { readonly entry: readonly string[] };
    expect([...build.files].sort()).toEqual([...sources].sort());
    expect(sources.filter((source) => !knip.entry.includes(source))).toEqual([]);
  });
});

describe('what npm create runs', () => {
  const { version, engines } = JSON.parse(readFileSync('package.json', 'utf8')) as Published;
  const created = JSON.parse(readFileSync('packages/create-circuit-breaker/package.json', 'utf8')) as Published;

  it('depends on the version that it lies beside, and runs on the same versions of Node', () => {
    expect(created).toMatchObject({ version, engines, dependencies: { 'circuit-breaker': version } });
  });
});

interface Published {
  readonly version: string;
  readonly engines: object;
}
