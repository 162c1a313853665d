import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

import { transform } from '@swc/core';

import { filesIn, inProject } from './project.mjs';

const SRC = inProject('src');

/**
 * Every file of src, by the path that it has in dist: TypeScript as JavaScript with its source map, and as it is what else
 * the program reads at run time (the GraphQL schema, the migrations with their journal, the front page's style). Each by
 * itself, which the compiler's `isolatedModules` vouches for; types are judged by `npm run types`.
 */
export async function compileModules() {
  const files = await Promise.all(filesIn(SRC).map((path) => (path.endsWith('.ts') ? compile(path) : copy(path))));
  return new Map(files.flat());
}

async function compile(path) {
  const target = path.replace(/\.ts$/, '.js');
  const { code, map } = await transform(readFileSync(join(SRC, path), 'utf8'), {
    filename: join(SRC, path),
    sourceFileName: relative(dirname(inProject(`dist/${path}`)), join(SRC, path)),
    swcrc: false,
    sourceMaps: true,
    module: { type: 'es6' },
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript' },
      transform: { verbatimModuleSyntax: true },
    },
  });
  return [
    [target, `${code}//# sourceMappingURL=${basename(target)}.map\n`],
    [`${target}.map`, map],
  ];
}

function copy(path) {
  return [[path, readFileSync(join(SRC, path))]];
}
