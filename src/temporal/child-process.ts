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
