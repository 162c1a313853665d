import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { TEMPLATES } from '../../src/cli/init/templates.js';
import { PROGRAM } from '../support/spawned-process.js';

const run = promisify(execFile);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-init-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function command(args: readonly string[], cwd = folder): Promise<Ended> {
  try {
    return { code: 0, ...(await run(process.execPath, [PROGRAM, ...args], { cwd })) };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    return { code, stdout, stderr };
  }
}

/** What `npm install` makes of it, but for the packages of others that tests do not ask for. */
async function install(made: string): Promise<void> {
  await mkdir(join(made, 'node_modules'));
  await symlink(process.cwd(), join(made, 'node_modules/circuit-breaker'));
  await symlink(join(process.cwd(), 'node_modules/vitest'), join(made, 'node_modules/vitest'));
}

describe('init', () => {
  it.each(TEMPLATES)('makes a folder of %s that is valid and whose tests pass', async (template) => {
    const made = join(folder, template);
    const { code, stdout } = await command(['init', template, '--template', template]);
    expect(code).toBe(0);
    expect(stdout).toContain(`cd ${template}`);
    expect(await readFile(join(made, '.gitignore'), 'utf8')).toContain('.env');
    expect(await readFile(join(made, 'README.md'), 'utf8')).toContain(`# ${template}`);
    expect(await readFile(join(made, '.env'), 'utf8')).toMatch(/^TOOLS_DIR=tools$/m);
    await install(made);
    expect(await command(['validate'], made)).toMatchObject({
      code: 0,
      stdout: '2 files: 1 agent and 1 workflow, all well.\n',
    });
    const vitest = join(made, 'node_modules/vitest/vitest.mjs');
    const tested = await run(process.execPath, [vitest, 'run', '--reporter=json'], { cwd: made });
    expect(JSON.parse(tested.stdout)).toMatchObject({ success: true, numFailedTests: 0 });
  });

  it('makes other secrets each time, which only their owner reads', async () => {
    const made = ['one', 'other'].map((name) => join(folder, name));
    const secrets = [];
    for (const each of made) {
      expect(await command(['init', each])).toMatchObject({ code: 0 });
      const file = join(each, '.env');
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      secrets.push(/^STREAM_AUTH_SECRET=(\S{43})$/m.exec(await readFile(file, 'utf8'))?.[1]);
    }
    expect(new Set(secrets).size).toBe(2);
    expect(secrets).not.toContain(undefined);
  });

  it('writes over nothing, and then writes nothing', async () => {
    const made = join(folder, 'taken');
    await mkdir(join(made, 'agents'), { recursive: true });
    await writeFile(join(made, '.env'), 'MINE=1');
    const { code, stderr } = await command(['init', 'taken']);
    expect(code).toBe(1);
    expect(stderr).toContain('taken has .env already');
    expect(await readFile(join(made, '.env'), 'utf8')).toBe('MINE=1');
    await expect(stat(join(made, 'package.json'))).rejects.toThrow('ENOENT');
  });

  it('goes on where it was ended in its middle, as long as nothing was changed', async () => {
    const half = join(folder, 'half');
    expect(await command(['init', 'half'])).toMatchObject({ code: 0 });
    const whole = await readdir(half, { recursive: true });
    await rm(join(half, '.env'));
    await rm(join(half, 'workflows'), { recursive: true });
    expect(await command(['init', 'half'])).toMatchObject({ code: 0 });
    expect((await readdir(half, { recursive: true })).sort()).toEqual(whole.sort());
    await rm(join(half, '.env'));
    await writeFile(join(half, 'README.md'), 'mine');
    const { code, stderr } = await command(['init', 'half']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/half has .*README\.md.* already, and nothing is written over/);
    await expect(stat(join(half, '.env'))).rejects.toThrow('ENOENT');
  });

  it('takes this folder where none is named, with what else is in it', async () => {
    const made = join(folder, 'Here & now');
    await mkdir(made);
    await writeFile(join(made, 'notes.txt'), 'mine');
    expect(await command(['init', '--template', 'blank'], made)).toMatchObject({ code: 0 });
    expect(JSON.parse(await readFile(join(made, 'package.json'), 'utf8'))).toMatchObject({ name: 'here-now' });
  });

  it.each([
    [
      ['init', 'x', '--template', 'none'],
      2,
      'There is no template "none": take document-review, support-ticket, blank.',
    ],
    [['init', 'file/x'], 1, 'The folder file/x cannot be made'],
  ])('%j says what is wrong', async (args, code, message) => {
    await writeFile(join(folder, 'file'), '');
    const ended = await command(args);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(message);
    expect(ended.stderr).not.toContain('at ');
  });
});
