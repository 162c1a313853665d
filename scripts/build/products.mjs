/** What dist consists of, what each part is made from, and whether what is there still fits. Loads nothing but Node. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';

import { recordedInputs } from './dist-folder.mjs';
import { filesIn, inProject } from './project.mjs';

/** Beside the sources: what a change of would make every product another one. */
const FOR_ALL = ['package-lock.json', 'scripts/build'];

/**
 * `from`: the files and folders that it is made from, besides those for all. `by`: the packages that it is made with.
 * `owns`: which files of dist are its own. `make` gives their contents, by path.
 */
export const PRODUCTS = [
  {
    name: 'modules',
    from: ['src'],
    by: ['@swc/core'],
    owns: (path) => !isBundle(path) && !isDeclaration(path) && !isIde(path) && !isFileSchema(path),
    make: async () => (await import('./compile-modules.mjs')).compileModules(),
  },
  {
    name: 'workflows',
    from: ['src/workflows', 'src/contract', 'src/core'],
    by: ['@temporalio/worker', '@temporalio/workflow'],
    owns: isBundle,
    make: async () => (await import('./bundle-workflows.mjs')).bundleWorkflows(),
  },
  {
    name: 'types',
    from: [
      ...['client', 'contract', 'core', 'definitions', 'folder', 'testing', 'tools'].map((name) => `src/${name}`),
      ...['tsconfig.json', 'tsconfig.build.json'],
    ],
    by: ['typescript'],
    owns: isDeclaration,
    make: async () => (await import('./declare-types.mjs')).declareTypes(),
  },
  {
    name: 'schemas',
    from: ['src/core'],
    by: ['tsx', 'zod'],
    owns: isFileSchema,
    make: async () => (await import('./make-file-schemas.mjs')).makeFileSchemas(),
  },
  {
    name: 'ide',
    from: ['pages/graphiql', 'examples/document-review'],
    by: ['esbuild', 'graphiql'],
    owns: isIde,
    make: async () => (await import('./bundle-ide.mjs')).bundleIde(),
  },
];

/** The types are for those who import the client or write tools and definitions, the schemas for their editors; without the IDE its page says how to make it. */
export const NEEDED_TO_RUN = PRODUCTS.filter(({ name }) => name === 'modules' || name === 'workflows');

/** What a process that runs the sources cannot make of them itself. */
export const FOR_SOURCES = PRODUCTS.filter(({ name }) => name === 'ide');

/** Those of them that dist does not have as they would be made now. */
export function unfitProducts(products) {
  return products.filter((product) => recordedInputs(product)?.hash !== inputsOf(product).hash);
}

/** What a product is made from, as one hash, and the versions of what it is made with. */
export function inputsOf({ from, by }) {
  const versions = Object.fromEntries(by.map((name) => [name, installedVersion(name)]));
  const hash = createHash('sha256').update(JSON.stringify(versions));
  for (const path of [...FOR_ALL, ...from].flatMap(filesOf)) {
    const content = readFileSync(inProject(path));
    hash.update(`\n${path} ${content.length}\n`).update(content);
  }
  return { hash: hash.digest('hex'), versions };
}

/** The file itself, or all that a folder has; nothing where there is neither. */
function filesOf(path) {
  const found = statSync(inProject(path), { throwIfNoEntry: false });
  if (found === undefined) return [];
  return found.isDirectory() ? filesIn(inProject(path)).map((file) => `${path}/${file}`) : [path];
}

function installedVersion(name) {
  try {
    const path = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return JSON.parse(readFileSync(path, 'utf8')).version;
  } catch {
    return null;
  }
}

function isBundle(path) {
  return path === 'workflow-bundle.js';
}

function isIde(path) {
  return path.startsWith('assets/graphiql/');
}

function isFileSchema(path) {
  return path.endsWith('.schema.json');
}

function isDeclaration(path) {
  return path.endsWith('.d.ts');
}
