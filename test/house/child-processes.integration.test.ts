import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { expect, it } from 'vitest';

import { programEnvironments } from '../../src/core/program-environment.js';

const MODULE = JSON.stringify(pathToFileURL('scripts/child-process.mjs').href);
const SHOW = JSON.stringify('console.log(JSON.stringify(process.env))');
/** What `src` hands on, of which the launcher and the build hand on all: they cannot share a list before anything is built. */
const NAMES = [
  'HOME',
  'USERPROFILE',
  'SYSTEMROOT',
  'TMPDIR',
  'LANG',
  'TZ',
  'LD_LIBRARY_PATH',
  'LC_ALL',
  'XDG_CACHE_HOME',
];
const NEEDED = programEnvironments(Object.fromEntries(NAMES.map((name) => [name, `the ${name}`]))).forAll;
const KEYS = {
  OPENAI_API_KEY: 'never-handed-on-1',
  CREDENTIAL_GATEWAY: 'never-handed-on-2',
  UNHEARD_OF: 'never-handed-on-3',
  NODE_AUTH_TOKEN: 'never-handed-on-4',
  NPM_TOKEN: 'never-handed-on-5',
  PIP_PASSWORD: 'never-handed-on-6',
};

it.each([
  ['startProgram', `await once(startProgram(process.execPath, ['-e', ${SHOW}], { stdio: 'inherit' }), 'exit')`],
  ['runProgram', `runProgram(process.execPath, ['-e', ${SHOW}], { stdio: 'inherit' })`],
  ['startCheck', `await once(startCheck('node -p "JSON.stringify(process.env)"', { stdio: 'inherit' }), 'exit')`],
  ['runCheck', `runCheck('node -p "JSON.stringify(process.env)"', { stdio: 'inherit' })`],
])('what the launcher, the build and the checks start by %s finds no key in its environment', async (name, start) => {
  const source = `import { once } from 'node:events'; import { ${name} } from ${MODULE}; ${start};`;
  const { PATH } = process.env;
  const env = { PATH, ...NEEDED, ...KEYS, NODE_OPTIONS: '--no-deprecation' };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], { env });
  expect(JSON.parse(stdout)).toMatchObject({ PATH, ...NEEDED, NODE_OPTIONS: '--no-deprecation' });
  expect(Object.keys(NEEDED)).toEqual(NAMES);
  expect(stdout).not.toContain('never-handed-on');
});
