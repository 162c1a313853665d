/**
 * npm and npx as a person without our packages in a registry has them: what they would install from the tarball they install, with the packages
 * of others from this checkout in place of a registry. Everything else npm does itself. Its first argument says which of both it is.
 */
import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const { TARBALL = '', NPX_HOME = '', PATH_OF_NPM = '' } = process.env;
const [program = 'npm', ...args] = process.argv.slice(2);

function install(folder, tarball) {
  const own = join(folder, 'node_modules/circuit-breaker');
  mkdirSync(own, { recursive: true });
  execFileSync('tar', ['-xzf', tarball, '--strip-components=1', '-C', own]);
  symlinkSync(MODULES, join(own, 'node_modules'));
  const bin = join(folder, 'node_modules/.bin');
  mkdirSync(bin);
  symlinkSync('../circuit-breaker/bin/circuit-breaker.js', join(bin, 'circuit-breaker'));
  return own;
}

function installFolder() {
  const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { 'circuit-breaker': source, ...others } = { ...dependencies, ...devDependencies };
  install('.', resolve(source.replace(/^file:/, '')));
  mkdirSync('node_modules/@types');
  for (const name of Object.keys(others)) symlinkSync(join(MODULES, name), join('node_modules', name));
  symlinkSync('../vitest/vitest.mjs', 'node_modules/.bin/vitest');
}

function itself() {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, PATH: PATH_OF_NPM } });
  // A terminal tells all of them; whoever is told alone passes it on.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
}

if (program === 'npm' && args[0] === 'pack') copyFileSync(TARBALL, join(args[2], basename(TARBALL)));
else if (program === 'npm' && args[0] === 'install') installFolder();
else if (program === 'npx' && args[0] === '--package') {
  const tarball = resolve(args[1]);
  if (!existsSync(tarball)) throw new Error(`there is no ${tarball}`);
  mkdirSync(NPX_HOME);
  writeFileSync(
    join(NPX_HOME, 'package.json'),
    JSON.stringify({ dependencies: { 'circuit-breaker': `file:${tarball}` } }),
  );
  const own = install(NPX_HOME, tarball);
  execFileSync(process.execPath, [join(own, 'bin/circuit-breaker.js'), ...args.slice(3)], { stdio: 'inherit' });
} else itself();
