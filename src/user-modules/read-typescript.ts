import { register } from 'node:module';

/**
 * Runs in a thread of Node's own, which takes no closures: this text is all that it knows. One compiler for every Node: some run no
 * TypeScript, and others only a part of it.
 */
const HOOKS = `
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
let compiler, own;
export function initialize(data) { ({ compiler, own } = data); }
export async function resolve(specifier, context, next) {
  try {
    return await next(specifier, context);
  } catch (error) {
    if (error?.code !== 'ERR_MODULE_NOT_FOUND' || !/^\\.{1,2}\\/.*\\.js$/.test(specifier)) throw error;
    return await next(specifier.replace(/\\.js$/, '.ts'), context);
  }
}
export async function load(url, context, next) {
  const isTheirs = /^file:[^?]*\\.m?ts$/.test(url) && !url.startsWith(own) && !url.includes('/node_modules/');
  if (!isTheirs) return await next(url, context);
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

let isRegistered = false;

/**
 * From now on modules of TypeScript are loaded, on every Node, and imports of `./a.js` find `./a.ts`. Stack traces name lines as they were
 * written. Of one thread, and once.
 */
export function readTypeScript(): void {
  if (isRegistered) return;
  isRegistered = true;
  process.setSourceMapsEnabled(true);
  const compiler = import.meta.resolve('@swc/core');
  register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, {
    data: { compiler, own: new URL('..', import.meta.url).href },
  });
}
