import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { beforeAll, describe, expect, it } from 'vitest';

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

interface Outcome {
  readonly status: number | null;
  readonly lastLine: string | undefined;
  /** All from the line on that says so. */
  readonly passedOnlyAgain: string | undefined;
}

/** `npm test` in a project of these files. */
function runTests(files: Readonly<Record<string, string>>): Outcome {
  const folder = mkdtempSync(join(tmpdir(), 'second-run-'));
  for (const [path, content] of Object.entries({ ...files, 'vitest.config.mjs': CONFIG })) {
    writeFileSync(join(folder, path), content);
  }
  const { PATH = '', HOME = '' } = process.env;
  const args = ['--import', 'tsx', 'test/support/run-tests.ts', '--root', folder];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { PATH, HOME } });
  rmSync(folder, { recursive: true });
  return {
    status,
    lastLine: stdout.trimEnd().split('\n').at(-1),
    passedOnlyAgain: /^Passed only when .*/ms.exec(stdout)?.[0],
  };
}

describe('a test file that fails and passes when it runs once more', () => {
  let outcome: Outcome;
  beforeAll(() => {
    outcome = runTests({
      'passes.unit.js': PASSES,
      'wrong.integration.js': first(FAILS, PASSES),
      'wrong.e2e.js': first(FAILS, PASSES),
      'dies.e2e.js': first(DIES, PASSES),
      'throws.e2e.js': first(`${PASSES} Promise.reject(new Error('nobody awaits'));`, PASSES),
    });
  });

  it('has passed, whether it is an integration or an e2e test', () => {
    expect(outcome).toMatchObject({ status: 0, lastLine: '5 passed, 0 failed' });
  });

  it.each(['wrong.integration.js', 'wrong.e2e.js'])('is named with what it failed of: %s', (file) => {
    expect(outcome.passedOnlyAgain).toContain(`${file}\n    is wrong: one is not two\n`);
  });

  it('may have ended its process', () => {
    expect(outcome.passedOnlyAgain).toMatch(/dies\.e2e\.js\n.*Worker exited unexpectedly/);
  });

  it('may have thrown outside its tests', () => {
    expect(outcome.passedOnlyAgain).toMatch(/throws\.e2e\.js\n.*nobody awaits/);
  });
});

describe('a test file that fails', () => {
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

  it('has failed when it ends its process each time', () => {
    const { status, lastLine, passedOnlyAgain } = runTests({ 'a.e2e.js': DIES, 'b.unit.js': PASSES });
    expect(status).toBe(1);
    expect(lastLine).toMatch(/^[12] passed, [1-9] failed$/);
    expect(passedOnlyAgain).toBeUndefined();
  });
});
