import { register } from 'node:module';

/**
 * Runs in a thread of Node's own, which takes no closures: this text is all that it knows. One compiler for every Node: some run no
 * TypeScript, and others only a part of it.
 */
const HOOKS = `
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
let compiler;
export function initialize(data) { compiler = data.compiler; }
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !/^\\.{1,2}\\/.*\\.js$/.test(specifier)) throw error;
    return await next(specifier.replace(/\\.js$/, '.ts'), context);
  }
}
export async function load(url, context, next) {
  if (!/^file:[^?]*\\.m?ts$/.test(url) || url.includes('/node_modules/')) return await next(url, context);
  const filename = fileURLToPath(url);
  const { transform } = await import(compiler);
  const { code } = await transform(await readFile(filename, 'utf8'), {
    filename,
    swcrc: false,
    configFile: false,
    sourceMaps: 'inline',
    module: { type: 'es6' },
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
  });
  return { format: 'module', source: code, shortCircuit: true };
}`;

/** From now on modules of TypeScript are loaded, on every Node, and imports of \`./a.js\` find \`./a.ts\`. */
export function readTypeScript(): void {
  process.setSourceMapsEnabled(true);
  const compiler = import.meta.resolve('@swc/core');
  register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, { data: { compiler } });
}
