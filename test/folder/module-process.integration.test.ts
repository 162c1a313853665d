import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterEach, expect, it } from 'vitest';

import { DefinitionFolders } from '../support/definition-folders.js';
import { eventually } from '../support/eventually.js';
import { isAlive } from '../support/is-alive.js';

const folders = new DefinitionFolders();
afterEach(() => folders.removeAll());

function validate(folder: string): ChildProcess {
  const args = [resolve('bin/circuit-breaker.js'), 'validate', folder];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

it.each([
  ['never ends', 'for (;;);'],
  ['waits for a program', `execFileSync(process.execPath, ['-e', 'setTimeout(() => {}, 5000)']);`],
])('ends when whoever asked was killed, also beside a module that %s', async (_what, code) => {
  const folder = await folders.make({});
  const pidFile = join(folder, 'pid');
  const module = `import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
writeFileSync('${pidFile}.new', String(process.pid));
renameSync('${pidFile}.new', '${pidFile}');
${code}`;
  await folders.write(folder, { 'agents/a.ts': module });
  const command = validate(folder);
  await eventually(() => {
    expect(existsSync(pidFile)).toBe(true);
  });
  const pid = Number(readFileSync(pidFile, 'utf8'));
  expect(isAlive(pid)).toBe(true);
  command.kill('SIGKILL');
  await eventually(() => {
    expect(isAlive(pid)).toBe(false);
  });
});

it('prints what modules print, and nothing of Node where one takes all memory', async () => {
  const folder = await folders.make({
    'agents/a.ts': `console.log('here'); console.error('there'); export default { name: 'x'.repeat(2 ** 29 - 30).split('') };`,
  });
  const { stdout, stderr } = validate(folder);
  if (stdout === null || stderr === null) throw new Error('it has no output');
  const [said, printed] = await Promise.all([text(stdout), text(stderr)]);
  expect(said).toMatch(/^agents\/a\.ts:1:1 MODULE_TOO_LARGE it takes more than 512 MB of memory.*\n/);
  expect(printed.split('\n').sort()).toEqual(['', 'here', 'there']);
});
