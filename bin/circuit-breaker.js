#!/usr/bin/env node
/** The `circuit-breaker` command, which runs what was built. In a checkout it first makes anew what the sources no longer fit. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const inProject = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

// A package that was installed has no sources: its dist was made when it was packed.
if (existsSync(inProject('src'))) await makeWhatIsUnfit();
await import('../dist/cli/main.js');

async function makeWhatIsUnfit() {
  const { NEEDED_TO_RUN, unfitProducts } = await import('../scripts/build/products.mjs');
  if (unfitProducts(NEEDED_TO_RUN).length === 0) return;
  const { runProgram } = await import('../scripts/child-process.mjs');
  // Its output is for whoever waits; stdout belongs to what the command has to say. A process of its own takes with it
  // the memory that a bundler needs.
  const build = [inProject('scripts/build.mjs'), '--to-run'];
  const { status } = runProgram(process.execPath, build, { stdio: ['ignore', process.stderr, process.stderr] });
  if (status !== 0) process.exit(status ?? 1);
}
