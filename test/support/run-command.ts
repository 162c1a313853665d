import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

export interface RanCommand {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly cwd?: string;
  /** Absent: the one of this checkout. */
  readonly program?: string;
  /** Besides PATH and HOME: nothing of the test's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed. */
  readonly input?: string;
}

/** Runs `circuit-breaker` with these words to its end. */
export async function runCommand(
  args: readonly string[],
  { cwd, env, input = '', program = resolve('bin/circuit-breaker.js') }: Running = {},
): Promise<RanCommand> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env: { PATH, HOME, ...env },
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
