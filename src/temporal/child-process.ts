import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

import type { ProgramEnvironment } from '../core/program-environment.js';

export interface ProgramOptions extends Omit<SpawnOptions, 'env' | 'shell'> {
  /** All that it finds in its environment. */
  readonly environment: ProgramEnvironment;
}

/**
 * Starts a program with the environment that is named, and not with ours, which has keys. Nothing else in `src` may start one;
 * the launcher and the checks do it by `scripts/child-process.mjs`, which runs before anything is built.
 */
export function startProgram(
  program: string,
  args: readonly string[],
  { environment, ...options }: ProgramOptions,
): ChildProcess {
  return spawn(program, args, { ...options, env: environment });
}

/** Ends the group of processes that a process has begun, itself and what it has started, at once. On Windows itself only. */
export function endGroup(pid: number): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}
