import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { CommandName } from '../../src/cli/commands.js';
import { cpuSeconds } from './cpu-seconds.js';
import { untilOver } from './under-way.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The `circuit-breaker` command. */
export const PROGRAM = `${ROOT}bin/circuit-breaker.js`;

interface StartOptions {
  readonly args?: readonly string[];
  /** Absent: the one of this checkout. */
  readonly program?: string;
  /** What a person types, all of it at once. */
  readonly typed?: string;
  /** Absent: who runs the tests. */
  readonly uid?: number;
}

/** A process of ours, as an operating-system process of its own: nothing in memory is shared with the test. */
export class SpawnedProcess {
  readonly #child: ChildProcess;
  readonly #readyWords: string;
  #text = '';
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess, readyWords: string) {
    this.#child = child;
    this.#readyWords = readyWords;
    this.#exited = once(child, 'exit');
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text += chunk;
      });
    }
  }

  /** Starts a command of ours as users do, from what was built and in its folder, with exactly this environment and PATH and HOME; it serves no metrics unless told to. */
  static start(
    command: CommandName,
    environment: Record<string, string>,
    { args = [], program = PROGRAM, ...how }: StartOptions = {},
  ): SpawnedProcess {
    const words = [program, command, ...args];
    const child = spawned(
      words,
      { LOG_FORMAT: 'json', METRICS_PORT: '0', ...environment },
      { ...how, cwd: dirname(dirname(program)) },
    );
    return new SpawnedProcess(child, command === 'worker' ? 'Worker ready' : 'API ready');
  }

  /** The same, once it is ready. One that does not come to be is killed. */
  static async ready(
    command: CommandName,
    environment: Record<string, string>,
    options: StartOptions = {},
  ): Promise<SpawnedProcess> {
    const started = SpawnedProcess.start(command, environment, options);
    try {
      await started.untilReady();
      return started;
    } catch (error) {
      await started.kill();
      throw error;
    }
  }

  /** Starts what `npm run cluster` does. */
  static startCluster(args: readonly string[], environment: Record<string, string>): SpawnedProcess {
    const words = ['--import', 'tsx', `${ROOT}scripts/cluster/main.ts`, ...args];
    return new SpawnedProcess(spawned(words, environment, { cwd: ROOT }), '\nCluster ready\n');
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get output(): string {
    return this.#text;
  }

  /** Resolves when it has said that it is ready: an API, a worker, everything in one process, or a cluster. As `said` does. */
  async untilReady(): Promise<void> {
    await this.said(this.#readyWords);
  }

  /**
   * Resolves when the process has said this. Waits for as long as it speaks or computes; rejects with all it said when
   * it ends before.
   */
  async said(what: string | RegExp): Promise<void> {
    await untilOver({
      isOver: () => {
        if (matches(this.#text, what)) return true;
        if (this.hasEnded) throw new Error(`ended without saying ${String(what)}:\n${this.#text}`);
        return false;
      },
      progress: () => `${this.#text.length} ${cpuSeconds(this.#child.pid ?? 0)}`,
      found: () => `did not say ${String(what)}:\n${this.#text}`,
    });
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Nobody reads any more what it writes there. */
  closeOutput(...names: readonly ('stdout' | 'stderr')[]): void {
    for (const name of names) this.#child[name]?.destroy();
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Kills it the hard way and waits until it is gone. */
  async kill(): Promise<void> {
    if (!this.hasEnded) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Stops it in order and gives its exit code. */
  async stop(): Promise<number | null> {
    if (!this.hasEnded) this.#child.kill('SIGTERM');
    return await this.exit();
  }

  async exit(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }
}

function spawned(
  words: readonly string[],
  environment: Record<string, string>,
  { typed, ...how }: Pick<StartOptions, 'typed' | 'uid'> & { readonly cwd: string },
): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, words, {
    ...how,
    env: { PATH, HOME, ...environment },
    stdio: [typed === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(typed);
  return child;
}

function matches(text: string, what: string | RegExp): boolean {
  return typeof what === 'string' ? text.includes(what) : what.test(text);
}
