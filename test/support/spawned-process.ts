import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { CommandName } from '../../src/cli/commands.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The `circuit-breaker` command. */
export const PROGRAM = `${ROOT}bin/circuit-breaker.js`;

interface StartOptions {
  readonly args?: readonly string[];
  /** Absent: the one of this checkout. */
  readonly program?: string;
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
    { args = [], program = PROGRAM }: StartOptions = {},
  ): SpawnedProcess {
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [program, command, ...args], {
      cwd: ROOT,
      env: { PATH, HOME, LOG_FORMAT: 'json', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new SpawnedProcess(child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get output(): string {
    return this.#text;
  }

  /** Resolves when the process has said this; rejects with all it said when it ends before. */
  async said(what: string | RegExp, timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!matches(this.#text, what)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`ended without saying ${String(what)}:\n${this.#text}`);
      }
      if (Date.now() > deadline) throw new Error(`did not say ${String(what)} in time:\n${this.#text}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
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
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Stops it in order and gives its exit code. */
  async stop(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
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
