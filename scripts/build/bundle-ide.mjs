import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

import { build } from 'esbuild';

import { inProject } from './project.mjs';

const PAGE = inProject('pages/graphiql');
/** Within dist. */
const TARGET = 'assets/graphiql';
const WORKERS = ['editor.worker', 'graphql.worker', 'json.worker'];

/** The page of the GraphQL IDE with all that it loads. */
export async function bundleIde() {
  const { outputFiles } = await build({
    entryPoints: {
      main: join(PAGE, 'main.tsx'),
      ...Object.fromEntries(WORKERS.map((name) => [name, join(PAGE, 'workers', `${name}.ts`)])),
    },
    outdir: inProject(TARGET),
    write: false,
    chunkNames: 'chunks/[name]-[hash]',
    assetNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: true,
    // GraphiQL names its icons for screen readers after its functions.
    keepNames: true,
    target: ['chrome120', 'firefox121', 'safari17'],
    jsx: 'automatic',
    loader: { '.md': 'text', '.ttf': 'file' },
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'linked',
    logLevel: 'warning',
  });
  const files = outputFiles.map(({ path, contents }) => [pathInDist(path), contents]);
  return new Map([
    ...files.filter(([path]) => !isLoneStyle(path)),
    [`${TARGET}/index.html`, readFileSync(join(PAGE, 'index.html'))],
  ]);
}

/** What a chunk imports of styles is laid beside it. Nobody loads that: `main.css` has it all. */
function isLoneStyle(path) {
  return path.startsWith(`${TARGET}/chunks/`) && path.endsWith('.css');
}

function pathInDist(path) {
  return relative(inProject('.'), path).replaceAll(sep, '/');
}
