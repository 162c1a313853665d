import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, expect, it } from 'vitest';

import { eventually } from '../support/eventually.js';
import { newPreparedSetting, type Setting } from '../support/everything.js';
import { packPackage } from '../support/packed-package.js';

const NPM = fileURLToPath(new URL('../support/processes/npm-with-our-packages.mjs', import.meta.url));

let root: string;
let setting: Setting;
let environment: Record<string, string>;
let developing: ChildProcess | undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'circuit-breaker-own-agents-'));
  setting = await newPreparedSetting({ OLLAMA_BASE_URL: 'http://127.0.0.1:3' });
  const bin = join(root, 'bin');
  for (const folder of ['bin', 'tarballs', 'clone']) await mkdir(join(root, folder));
  for (const name of ['npm', 'npx']) {
    await writeFile(join(bin, name), `#!/bin/sh\nexec '${process.execPath}' '${NPM}' ${name} "$@"\n`);
    await chmod(join(bin, name), 0o755);
  }
  const { PATH = '', HOME = '' } = process.env;
  environment = {
    ...setting.environment,
    ...{ HOME, PATH: `${bin}:${PATH}`, PATH_OF_NPM: PATH, NPX_HOME: join(root, 'npx') },
    ...{ TARBALL: await packPackage(join(root, 'tarballs')), npm_config_update_notifier: 'false', NO_COLOR: '1' },
  };
});
afterAll(async () => {
  // Where the test has failed before it ended that, with the Temporal server that belongs to it.
  if (developing?.pid !== undefined && developing.signalCode === null && developing.exitCode === null) {
    process.kill(-developing.pid, 'SIGTERM');
    await once(developing, 'close');
  }
  await setting.remove();
  await rm(root, { recursive: true, force: true });
});

/** What a README has to be typed, block by block. */
function commandBlocks(readme: string): readonly string[] {
  const blocks = readme.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, language, block = '']) => (language === '' ? [block] : []));
}

/** The line of a README that begins so. */
function command(readme: string, begin: string): string {
  const line = commandBlocks(readme)
    .flatMap((block) => block.split('\n'))
    .find((each) => each.startsWith(begin));
  if (line === undefined) throw new Error(`the README has no command ${begin}`);
  return line;
}

/** Files that a README shows, each below its name. */
function shownFiles(readme: string): ReadonlyMap<string, string> {
  const found = readme.matchAll(/^`(\S+)`:\n\n```\w+\n(.*?)^```$/gms);
  return new Map([...found].map(([, file = '', text = '']) => [file, text]));
}

/** Has a shell run what a person types. */
async function type(lines: string, cwd: string): Promise<{ readonly code: number; readonly output: string }> {
  return await new Promise((resolve) => {
    execFile('sh', ['-ec', lines], { cwd, env: environment }, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code);
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}

it('whoever follows the READMEs has agents of their own, developed, tested, stuck, mended and done', async () => {
  const ours = await readFile('README.md', 'utf8');
  const begin = commandBlocks(ours).find((block) => block.includes('circuit-breaker init')) ?? '';
  const dev = 'npm run dev\n';
  expect(begin.endsWith(dev)).toBe(true);
  const made = await type(begin.slice(0, -dev.length), join(root, 'clone'));
  expect(made, made.output).toMatchObject({ code: 0 });
  expect(made.output).toMatch(/Tests +\d+ passed/);
  const folder = join(root, 'my-agents');
  const save = async (file: string, change: string | ((text: string) => string)) => {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof change === 'string' ? change : change(await readFile(path, 'utf8')));
  };
  // Its own port, of which this machine has only one.
  await save('circuit-breaker.yaml', (text) => text.replace('http://127.0.0.1:4000', setting.address));

  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  const first = commandBlocks(readme).find((block) => block.endsWith(dev));
  expect(first).toBe(`npm install\nnpm test\n${dev}`);
  let said = '';
  const running = spawn('sh', ['-ec', dev], { cwd: folder, env: environment, detached: true });
  developing = running;
  for (const output of [running.stdout, running.stderr]) {
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const says = (words: string) =>
    eventually(() => {
      expect(said).toContain(words);
    });
  // What was said before a change says nothing of that change.
  const saysAfter = async (change: () => Promise<void>, words: string) => {
    said = '';
    await change();
    await says(words);
  };
  await says('Applied: 1 agent created, 1 workflow created.');

  await saysAfter(
    () => save('agents/content-reviewer.yaml', (text) => text.replace('type: openai', 'type: mock')),
    'Applied: 1 agent changed.',
  );
  const reviewed = await type(command(readme, 'npx circuit-breaker run document_review'), folder);
  expect(reviewed, reviewed.output).toMatchObject({ code: 0 });
  expect(reviewed.output).toContain('Place     published (COMPLETED)');

  const files = shownFiles(readme);
  expect([...files.keys()]).toEqual(['agents/poet.yaml', 'agents/poet.md', 'workflows/poem.yaml']);
  // The workflow comes last, however many times the folder is read meanwhile.
  await saysAfter(async () => {
    for (const [file, text] of files) await save(file, text);
  }, '1 workflow created.');
  const run = command(readme, 'npx circuit-breaker run poem');
  const written = await type(run, folder);
  expect(written, written.output).toMatchObject({ code: 0 });
  expect(written.output).toContain('Place     written (COMPLETED)');
  expect(await type('npm test', folder)).toMatchObject({ code: 0 });

  // A prompt that says its subject a thousand times takes more than prompts may.
  await saysAfter(() => save('agents/poet.md', '{subject} '.repeat(1000)), 'Applied: 1 agent changed.');
  await save('novel.json', JSON.stringify({ subject: 'rain '.repeat(1000) }));
  const stuck = await type(run.replace(/--data '.*?'/, '--data @novel.json'), folder);
  expect(stuck, stuck.output).toMatchObject({ code: 1 });
  const [, token = ''] = /^Token (\S+) of poem/.exec(stuck.output) ?? [];
  const incidents = await type(command(readme, 'npx circuit-breaker incidents'), folder);
  expect(incidents.output).toMatch(new RegExp(`^${token} +poem +asked .* prompt_too_large `, 'm'));
  await saysAfter(() => save('agents/poet.md', files.get('agents/poet.md') ?? ''), 'Applied: 1 agent changed.');
  const retried = await type(command(readme, 'npx circuit-breaker retry').replace('TOKEN', token), folder);
  expect(retried, retried.output).toMatchObject({ code: 0 });
  await says(`${token}  Ended in written (COMPLETED).`);
  const done = await type(command(readme, 'npx circuit-breaker token').replace('TOKEN', token), folder);
  expect(done).toMatchObject({ code: 0, output: expect.stringContaining('written (COMPLETED)') as string });

  // As a terminal does, which tells npm, its shell and the command.
  process.kill(-(running.pid ?? 0), 'SIGINT');
  await once(running, 'close');
  const left = await readdir(setting.environment['DATA_DIR'] ?? '');
  expect(
    left.filter((name) => /\.lock|temporal-server\.json/.test(name)),
    said,
  ).toEqual([]);
});
