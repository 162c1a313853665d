import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { transform } from '@swc/core';

import { filesIn, inProject } from './project.mjs';

const SRC = inProject('src');

/**
 * Every file of src, by the path that it has in dist: TypeScript as JavaScript, and as it is what else the program reads at run
 * time (the GraphQL schema, the migrations with their journal, the front page's style). Each by itself, which the compiler's
 * `isolatedModules` vouches for; types are judged by `npm run types`. No source maps: the JavaScript is what was written, with
 * its comments and without its types, and whoever has the package alone could open nothing that a map leads to.
 */
export async function compileModules() {
  const files = await Promise.all(
    filesIn(SRC)
      .filter(isRead)
      .map((path) => (path.endsWith('.ts') ? compile(path) : copy(path))),
  );
  return new Map(files.flat());
}

async function compile(path) {
  const { code } = await transform(readFileSync(join(SRC, path), 'utf8'), {
    filename: join(SRC, path),
    swcrc: false,
    module: { type: 'es6' },
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript' },
      transform: { verbatimModuleSyntax: true },
    },
  });
  return [[path.replace(/\.ts$/, '.js'), code]];
}

function copy(path) {
  return [[path, readFileSync(join(SRC, path))]];
}

/** Without what only drizzle-kit reads, when it makes the next migration. */
function isRead(path) {
  return !/\/migrations\/meta\/\d+_snapshot\.json$/.test(path);
}
