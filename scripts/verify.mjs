/** Runs every check in turn and stops at the first that fails. `--skip=tests` leaves one out. */
import { parseArgs } from 'node:util';

import { runCheck } from './child-process.mjs';

const steps = {
  format: 'npm exec -- prettier --check --log-level=warn .',
  lint: 'npm run --silent lint',
  boundaries: 'npm run --silent boundaries',
  'dead code': 'npm run --silent dead-code',
  types: 'npm run --silent types',
  tests: 'npm test --silent',
  build: 'npm run --silent build',
  package: 'node scripts/judge-package.mjs',
};

const { values } = parseArgs({ options: { skip: { type: 'string', multiple: true, default: [] } } });
const unknown = values.skip.find((name) => !Object.hasOwn(steps, name));
if (unknown !== undefined) {
  console.error(`No step is called "${unknown}"; the steps are ${Object.keys(steps).join(', ')}.`);
  process.exit(2);
}

for (const [name, command] of Object.entries(steps)) {
  if (values.skip.includes(name)) continue;
  console.log(`\n── ${name} ──`);
  const { status } = runCheck(command, { stdio: 'inherit' });
  if (status === 0) continue;
  console.error(`\nverify stopped: ${name} failed`);
  process.exit(status ?? 1);
}
console.log('\nAll checks passed.');
