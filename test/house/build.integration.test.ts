import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const PARTS = [
  'bin',
  'examples',
  'package.json',
  'package-lock.json',
  'pages',
  'scripts',
  'src',
  'tsconfig.json',
  'tsconfig.build.json',
];
const VERSION = 'src/cli/run-command-line.ts';

/** A checkout of its own, with the packages of this one. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'circuit-breaker-build-'));
  for (const part of PARTS) await cp(part, join(folder, part), { recursive: true });
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function program(...args: readonly string[]) {
  return await run(process.execPath, [join(folder, 'bin/circuit-breaker.js'), ...args], { cwd: tmpdir() });
}

async function build(...args: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [join(folder, 'scripts/build.mjs'), ...args]);
  return stdout;
}

/** Another source than before. */
async function change(path: string): Promise<void> {
  await writeFile(
    join(folder, path),
    `${await readFile(join(folder, path), 'utf8')}\nexport const x${Date.now()} = 1;\n`,
  );
}

async function changedAt(path: string): Promise<number> {
  return (await stat(join(folder, path))).mtimeMs;
}

describe('a checkout that was never built', () => {
  beforeEach(() => rm(join(folder, 'dist'), { recursive: true, force: true }));

  it('is built by the first command, which says so and leaves stdout to what was asked for', async () => {
    const { stdout, stderr } = await program('--version');
    expect(stderr).toContain('dist is not there yet: making modules, workflows …');
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('may be built by several at once', async () => {
    const all = await Promise.all([program('--version'), program('--version'), build()]);
    expect(all).toHaveLength(3);
    expect(await build()).toBe('');
    expect((await program('--version')).stderr).toBe('');
    expect(await readdir(join(folder, 'dist'), { recursive: true })).not.toContainEqual(
      expect.stringMatching('incoming'),
    );
  });
});

describe('a checkout that was built', () => {
  beforeAll(() => build());

  it('is left as it is while nothing changes', async () => {
    const before = await changedAt('dist/cli/main.js');
    expect(await build()).toBe('');
    expect((await program('--version')).stderr).toBe('');
    expect(await changedAt('dist/cli/main.js')).toBe(before);
  });

  it('has types for those who import the client or the names of messages, write a tool or a definition, and for nobody else', async () => {
    const paths = await readdir(join(folder, 'dist'), { recursive: true });
    const typed = paths.filter((path) => path.endsWith('.d.ts'));
    expect(typed).toEqual(
      expect.arrayContaining([
        ...['client/index.d.ts', 'client/react.d.ts', 'client/ai-sdk.d.ts', 'core/codes.d.ts'],
        ...['contract/index.d.ts', 'definitions/index.d.ts', 'tools/index.d.ts'],
      ]),
    );
    expect(typed.filter((path) => !/^(client|contract|core|definitions|folder|testing|tools)\//.test(path))).toEqual(
      [],
    );
  });

  it('has schemas of definition files for editors', async () => {
    for (const kind of ['agent', 'workflow']) {
      const schema = await readFile(join(folder, `dist/definitions/${kind}.schema.json`), 'utf8');
      expect(JSON.parse(schema)).toMatchObject({ type: 'object', additionalProperties: false });
    }
  });

  it('is built anew when a source changes, and the workflows are bundled only when it is one of theirs', async () => {
    await change(VERSION);
    expect((await program('--version')).stderr).toMatch(/no longer fits .*: making modules …/);
    await change('src/workflows/index.ts');
    expect((await program('--version')).stderr).toMatch(/no longer fits .*: making modules, workflows …/);
  });

  it('has the page of the IDE, made anew when one of its files changes, for which no command waits', async () => {
    await stat(join(folder, 'dist/assets/graphiql/index.html'));
    await change('pages/graphiql/review-tabs.ts');
    expect((await program('--version')).stderr).toBe('');
    expect(await build()).toMatch(/no longer fits .*: making ide …/);
  });

  it('is built anew with other packages', async () => {
    await change('package-lock.json');
    expect(await build()).toMatch(/no longer fits .*: making modules, workflows, types, schemas, ide …/);
  });

  it('forgets what has no source any more', async () => {
    await writeFile(join(folder, 'src/of-old.ts'), 'export const old = 1;\n');
    await build();
    await stat(join(folder, 'dist/of-old.js'));
    await rm(join(folder, 'src/of-old.ts'));
    await build();
    await expect(stat(join(folder, 'dist/of-old.js'))).rejects.toThrow('ENOENT');
  });

  it('is not run when its sources cannot be built, and says why', async () => {
    const good = await readFile(join(folder, VERSION), 'utf8');
    await writeFile(join(folder, VERSION), 'export const = 1;\n');
    await expect(program('--version')).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/dist could not be made: .*run-command-line/s) as string,
    });
    await writeFile(join(folder, VERSION), good);
  });
});
