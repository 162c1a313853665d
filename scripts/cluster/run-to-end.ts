import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import { programEnvironments, type ProgramEnvironment } from '../../src/core/program-environment.js';
import { startProgram } from '../../src/temporal/child-process.js';

interface Running {
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly cwd?: string;
  readonly input?: string;
  readonly environment?: ProgramEnvironment;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end and gives what it said. Rejects with that when it fails. */
export async function runToEnd(program: string, args: readonly string[], running: Running = {}): Promise<string> {
  const { user, cwd, input = '', environment = programEnvironments(process.env).forAll, signal } = running;
  const child = startProgram(program, args, {
    environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(user ?? {}),
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' }),
  });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error(`${program} has no pipes`);
  // Whoever does not read what it is given says by its end why.
  stdin.on('error', () => undefined).end(input);
  const ended = once(child, 'close') as Promise<[number | null]>;
  const [said, complained, [code]] = await Promise.all([text(stdout), text(stderr), ended]);
  if (code === 0) return said;
  throw new Error(`${program} ended with ${String(code)}:\n${said}${complained}`);
}
