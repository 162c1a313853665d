import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
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
}

/** A process of ours, as an operating-system process of its own: nothing in memory is shared with the test. */
export class SpawnedProcess {
  readonly #child: ChildProcess;
  #text = '';
  readonly #exited: Promise<unknown>;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, 'exit');
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding('utf8').on('data', (chunk: string) => {
        this.#text += chunk;
      });
    }
  }

  /** Starts a command of ours as users do, from what was built, with exactly this environment and PATH and HOME. */
  static start(
    command: CommandName,
    environment: Record<string, string>,
    { args = [], program = PROGRAM, typed }: StartOptions = {},
  ): SpawnedProcess {
    return SpawnedProcess.#of([program, command, ...args], { LOG_FORMAT: 'json', ...environment }, typed);
  }

  /** Starts a module of this checkout that is run from its source. */
  static startModule(path: string, args: readonly string[], environment: Record<string, string> = {}): SpawnedProcess {
    return SpawnedProcess.#of(['--import', 'tsx', `${ROOT}${path}`, ...args], environment);
  }

  static #of(words: readonly string[], environment: Record<string, string>, typed?: string): SpawnedProcess {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, words, {
      cwd: ROOT,
      env: { PATH, HOME, ...environment },
      stdio: [typed === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end(typed);
    return new SpawnedProcess(child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get output(): string {
    return this.#text;
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

function matches(text: string, what: string | RegExp): boolean {
  return typeof what === 'string' ? text.includes(what) : what.test(text);
}
