/**
 * Runs every check: the linter beside all others that only read or build, since it takes as long as they do together, and then the tests.
 * Stops at what fails first, says why, and ends with its code. `--skip=tests` leaves one out.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { startCheck } from './child-process.mjs';

const STEPS = {
  lint: 'npm run --silent lint',
  format: 'npm exec -- prettier --check --log-level=warn .',
  boundaries: 'npm run --silent boundaries',
  'dead code': 'npm run --silent dead-code',
  types: 'npm run --silent types',
  build: 'npm run --silent build',
  package: 'node scripts/judge-package.mjs',
  tests: 'npm test --silent',
};
/** Tests have real clocks: nothing runs beside them. */
const TRACKS_BEFORE_TESTS = [['lint'], ['format', 'boundaries', 'dead code', 'types', 'build', 'package']];

const { values } = parseArgs({ options: { skip: { type: 'string', multiple: true, default: [] } } });
const unknown = values.skip.find((name) => !Object.hasOwn(STEPS, name));
if (unknown !== undefined) {
  console.error(`No step is called "${unknown}"; the steps are ${Object.keys(STEPS).join(', ')}.`);
  process.exit(2);
}

/** What runs now. */
const running = new Set();

await Promise.all(TRACKS_BEFORE_TESTS.map((names) => runTrack(names)));
await runTrack(['tests']);
console.log('\nAll checks passed.');

async function runTrack(names) {
  for (const name of names.filter((one) => !values.skip.includes(one))) await runStep(name);
}

/** What a check says is shown when it has ended, so that two do not talk at once; the tests are shown as they run. */
async function runStep(name) {
  const isShown = name === 'tests';
  if (isShown) console.log(`\n── ${name} ──`);
  const startedAt = Date.now();
  const check = startCheck(STEPS[name], { stdio: isShown ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
  running.add(check);
  const said = [];
  for (const output of [check.stdout, check.stderr]) output?.on('data', (piece) => said.push(piece));
  const [status] = await once(check, 'close');
  running.delete(check);
  if (!isShown) console.log(`\n── ${name} (${Math.round((Date.now() - startedAt) / 1000)} s) ──`);
  process.stdout.write(Buffer.concat(said));
  if (status === 0) return;
  console.error(`\nverify stopped: ${name} failed`);
  for (const other of running) other.kill();
  process.exit(status ?? 1);
}
