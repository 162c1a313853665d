import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

import { afterEach, expect, it } from 'vitest';

import { readDefinitionFolder } from '../../src/folder/definition-folder.js';
import { SchemaThreads } from '../../src/schemas/schema-threads.js';
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

const STARTS_ONE = `import { spawn } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
writeFileSync('PID.new', String(pid));
renameSync('PID.new', 'PID');
`;

it.each([
  ['is loaded', `export default { name: 'A' };`],
  ['ends its process', `process.kill(process.pid, 'SIGKILL');`],
])('leaves nothing running that a module has started which %s', async (_what, code) => {
  const folder = await folders.make({});
  const pidFile = join(folder, 'pid');
  await folders.write(folder, { 'agents/a.ts': STARTS_ONE.replaceAll('PID', pidFile) + code });
  const { stdout } = validate(folder);
  if (stdout === null) throw new Error('it has no output');
  expect(await text(stdout)).toContain('agents/a.ts');
  await eventually(() => {
    expect(isAlive(Number(readFileSync(pidFile, 'utf8')))).toBe(false);
  });
});

it('waits for no module any more once it is to end', async () => {
  const folder = await folders.make({ 'agents/a.ts': '' });
  const begun = join(folder, 'begun');
  const endless = `import { writeFileSync } from 'node:fs';\nwriteFileSync('${begun}', '');\nfor (;;);`;
  await folders.write(folder, { 'agents/a.ts': endless, 'agents/b.ts': endless, 'agents/c.ts': endless });
  const ending = new AbortController();
  const schemas = new SchemaThreads();
  const reading = readDefinitionFolder(folder, {
    schemas,
    environment: { PATH: process.env['PATH'] },
    // Longer than the test may take.
    moduleLimitMs: 600_000,
    ending: ending.signal,
  });
  await eventually(() => {
    expect(existsSync(begun)).toBe(true);
  });
  ending.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
  await schemas.close();
});
