import type { ProgramEnvironment } from '../core/program-environment.js';
import { startProgram } from './child-process.js';

export interface CommandResult {
  readonly ok: boolean;
  /** Both outputs, in the order in which they came. */
  readonly output: string;
}

interface CommandLimits {
  readonly timeoutMs: number;
  readonly environment: ProgramEnvironment;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end. A program that is not there counts as one that failed, and so does one that is cut off. */
export async function runCommand(
  program: string,
  args: readonly string[],
  { timeoutMs, ...limits }: CommandLimits,
): Promise<CommandResult> {
  return await new Promise((resolve) => {
    const child = startProgram(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...limits });
    // Not spawn's own `timeout`, which goes on for a program that could not be started and keeps the process alive.
    const timer = setTimeout(() => child.kill(), timeoutMs);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, output: error.message });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ ok: code === 0, output: code === null ? `${output}\ngave up after ${timeoutMs / 1000} s` : output });
    });
  });
}
