import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { SCRIPTS, SHELLS, type Shell } from '../../../src/cli/completion/shells.js';

const has = (shell: Shell) => spawnSync(shell, ['--version']).status === 0;

/** What a shell says of the last word of a command line, as its reader of lines would have asked. zsh's own functions are stood in for. */
const ASK: Readonly<Record<Shell, (words: readonly string[]) => string>> = {
  bash: (words) => `
source <(circuit-breaker completion bash)
COMP_WORDS=(circuit-breaker ${words.map(quoted).join(' ')})
COMP_CWORD=${words.length}
_circuit_breaker
printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (words) => `
compdef() { }
compset() { }
_describe() { print -l -- "\${(@)\${(P)2}%%:*}" }
_files() { [[ $1 == -/ ]] && print -l -- *(/) || print -l -- * }
source <(circuit-breaker completion zsh)
words=(circuit-breaker ${words.map(quoted).join(' ')})
CURRENT=${words.length + 1}
_circuit_breaker`,
  fish: (words) => `
circuit-breaker completion fish | source
complete -C ${quoted(['circuit-breaker', ...words].join(' '))} | string replace -r '\\t.*' ''; true`,
};

function quoted(word: string): string {
  return `'${word}'`;
}

let root: string;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'circuit-breaker-completion-'));
  folder = join(root, 'agents-of-mine');
  await mkdir(join(folder, 'workflows'), { recursive: true });
  await writeFile(join(folder, 'workflows', 'review.yaml'), 'id: document_review\nplaces: broken\n');
  await writeFile(join(folder, 'workflows', 'code.ts'), 'throw new Error();');
  const environments = 'environments:\n  default: { url: http://127.0.0.1:4000 }\n  prod: { url: "${NOT_SET}" }\n';
  await writeFile(join(folder, 'circuit-breaker.yaml'), environments);
  await mkdir(join(root, 'bin'));
  await symlink(resolve('bin/circuit-breaker.js'), join(root, 'bin', 'circuit-breaker'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function completed(shell: Shell, ...words: readonly string[]): Promise<readonly string[]> {
  const env = { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: root };
  const noStartUp = { bash: ['--norc'], zsh: ['-f'], fish: ['--no-config'] }[shell];
  const { stdout } = await promisify(execFile)(shell, [...noStartUp, '-c', ASK[shell](words)], { cwd: folder, env });
  return stdout.split('\n').filter((line) => line !== '');
}

describe.each(SHELLS.map((shell) => ({ shell, isThere: has(shell) })))('completion in $shell', ({ shell, isThere }) => {
  it.runIf(isThere)('is a script that the shell takes', async () => {
    await writeFile(join(root, shell), SCRIPTS[shell]);
    expect(spawnSync(shell, ['-n', join(root, shell)], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it.runIf(isThere)('completes commands, options and what the folder has', async () => {
    expect(await completed(shell, 'inci')).toEqual(['incidents']);
    expect(await completed(shell, 'init', '--te')).toEqual(['--template']);
    expect(await completed(shell, 'apply', '--env', 'p')).toEqual(['prod']);
    expect(await completed(shell, 'run', '')).toEqual(['document_review']);
    expect(await completed(shell, 'validate', '')).toEqual([expect.stringMatching(/^workflows\/?$/)]);
  });
});

it.runIf(has('bash'))('bash completes behind a sign, which it takes for a word of its own', async () => {
  expect(await completed('bash', 'apply', '--env', '=', 'p')).toEqual(['prod']);
  expect(await completed('bash', 'run', 'document_review', '--data', '@', 'circuit')).toEqual(['circuit-breaker.yaml']);
});
