import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CONFIG = `
const project = (name) => ({ extends: true, test: { name, include: ['**/*.' + name + '.js'] } });
export default { test: { globals: true, pool: 'forks', projects: ['unit', 'integration', 'e2e'].map(project) } };
`;

const PASSES = `it('holds', () => {});`;
const FAILS = `it('holds', () => {}); it('is wrong', () => { throw new Error('one is not two'); });`;
const DIES = `it('holds', () => {}); it('dies', () => { process.kill(process.pid, 'SIGKILL'); }); it('comes after', () => {});`;

/** The one, when the file runs for the first time, and the other from then on. */
function first(once: string, then: string): string {
  return `
import { existsSync, writeFileSync } from 'node:fs';
const mark = import.meta.filename + '.ran';
if (existsSync(mark)) { ${then} } else { writeFileSync(mark, ''); ${once} }
`;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'second-run-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly status: number | null;
  readonly lastLine: string | undefined;
  /** All from the line on that says so. */
  readonly passedOnlyAgain: string | undefined;
}

/** `npm test` in a project of these files. */
function runTests(files: Readonly<Record<string, string>>): Outcome {
  for (const [path, content] of Object.entries({ ...files, 'vitest.config.mjs': CONFIG })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const { PATH = '', HOME = '' } = process.env;
  const args = ['--import', 'tsx', 'test/support/run-tests.ts', '--root', folder];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH, HOME } });
  return {
    status,
    lastLine: stdout.trimEnd().split('\n').at(-1),
    passedOnlyAgain: /^Passed only when .*/ms.exec(stdout)?.[0],
  };
}

describe('a test file that fails', () => {
  it.each(['integration', 'e2e'])('runs once more as %s, and is named when it passes then', (kind) => {
    const outcome = runTests({ [`a.${kind}.js`]: first(FAILS, PASSES), 'b.unit.js': PASSES });
    expect(outcome).toMatchObject({ status: 0, lastLine: '2 passed, 0 failed' });
    expect(outcome.passedOnlyAgain).toContain(`a.${kind}.js\n    is wrong: one is not two\n`);
  });

  it('has failed when it fails again', () => {
    const outcome = runTests({ 'a.e2e.js': FAILS, 'b.e2e.js': first(FAILS, PASSES) });
    expect(outcome).toMatchObject({ status: 1, lastLine: '2 passed, 1 failed' });
    expect(outcome.passedOnlyAgain).toContain('b.e2e.js');
    expect(outcome.passedOnlyAgain).not.toContain('a.e2e.js');
  });

  it('has failed at once when it is a unit test', () => {
    const outcome = runTests({ 'a.unit.js': first(FAILS, PASSES), 'b.e2e.js': first(FAILS, PASSES) });
    expect(outcome).toMatchObject({ status: 1, lastLine: '2 passed, 1 failed' });
    expect(outcome.passedOnlyAgain).not.toContain('a.unit.js');
  });

  it('may have ended its process, and passes in another', () => {
    const outcome = runTests({ 'a.e2e.js': first(DIES, PASSES), 'b.e2e.js': PASSES });
    expect(outcome).toMatchObject({ status: 0, lastLine: '2 passed, 0 failed' });
    expect(outcome.passedOnlyAgain).toContain('Worker exited unexpectedly');
    expect(outcome.passedOnlyAgain).toContain('dies: did not come to its end');
  });

  it('has failed when it ends its process each time', () => {
    const { status, lastLine, passedOnlyAgain } = runTests({ 'a.e2e.js': DIES, 'b.unit.js': PASSES });
    expect(status).toBe(1);
    expect(lastLine).toMatch(/^[12] passed, [1-9] failed$/);
    expect(passedOnlyAgain).toBeUndefined();
  });

  it('may have thrown outside its tests', () => {
    const outcome = runTests({ 'a.e2e.js': first(`${PASSES} Promise.reject(new Error('nobody awaits'));`, PASSES) });
    expect(outcome).toMatchObject({ status: 0, lastLine: '1 passed, 0 failed' });
    expect(outcome.passedOnlyAgain).toContain('nobody awaits');
  });
});
