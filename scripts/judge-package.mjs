/**
 * Judges the package as others would install it, with publint and @arethetypeswrong/cli: what `npm pack` makes of this project, or the
 * tarball that is named. Says nothing where all is well; otherwise what is wrong, and ends with 1.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { runCheck } from './child-process.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The package is ESM, for Node 20 and later: nobody judges what a `require` of it, or Node 10, would find. */
const JUDGES = {
  publint: (tarball) => `npm exec -- publint run "${tarball}" --strict`,
  attw: (tarball) => `npm exec -- attw "${tarball}" --profile esm-only --no-emoji --no-color`,
};

const folder = mkdtempSync(join(tmpdir(), 'circuit-breaker-judged-'));
try {
  const [named] = process.argv.slice(2);
  const tarball = named === undefined ? pack() : resolve(named);
  for (const [name, command] of Object.entries(JUDGES)) {
    const { status, said } = run(command(tarball));
    if (status === 0) continue;
    console.error(`${name} refuses the package:\n${said}`);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack() {
  const { status, said } = run(`npm pack --ignore-scripts --pack-destination "${folder}"`);
  if (status !== 0) throw new Error(`the package cannot be packed:\n${said}`);
  return join(folder, readdirSync(folder)[0]);
}

function run(command) {
  const { status, stdout, stderr } = runCheck(command, { cwd: ROOT, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}
