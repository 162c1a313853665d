import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { ProgramEnvironment } from '../core/program-environment.js';
import { startProgram } from '../temporal/child-process.js';
import { moduleProgram } from './module-program.js';
import type { ModuleEnd, ModuleRequest, ModuleWord } from './module-word.js';

/** From sources it loads a compiler first, on a machine that may be busy. */
const START_LIMIT_MS = 60_000;
/** A definition is data: what takes longer waits for something that it should not. */
export const MODULE_LIMIT_MS = 10_000;

export interface ModuleLoaderOptions {
  /** What modules find in their environment: no key of ours. */
  readonly environment: ProgramEnvironment;
  /** For one module with all that it imports. */
  readonly limitMs?: number;
}

export type LoadedModule = ModuleWord | { readonly type: 'late'; readonly limitMs: number };

/**
 * Loads modules of users, one after the other, in a process of their own: they may never end, end the process or take all memory. It
 * is started when it is needed, and again after one of these. It ends by itself when this process is gone.
 */
export class ModuleLoader {
  readonly #options: ModuleLoaderOptions;
  #process: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ModuleLoaderOptions) {
    this.#options = options;
  }

  /** What a module exports, or why that is not to be had. Never rejects. */
  load(path: string): Promise<LoadedModule> {
    const loaded = this.#last.then(() => this.#load(path));
    this.#last = loaded;
    return loaded;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#end();
  }

  async #load(path: string): Promise<LoadedModule> {
    const { limitMs = MODULE_LIMIT_MS } = this.#options;
    if (this.#process !== undefined && hasEnded(this.#process)) await this.#end();
    if (this.#process === undefined) {
      this.#process = start(this.#options.environment);
      const begun = await nextWord(this.#process, START_LIMIT_MS);
      if (begun.type !== 'ready') {
        await this.#end();
        return begun;
      }
    }
    const request: ModuleRequest = { path };
    const word = nextWord(this.#process, limitMs);
    this.#process.send(request);
    const loaded = await word;
    const isOver = loaded.type === 'late' || loaded.type === 'ended' || loaded.type === 'too-large';
    if (isOver || hasEnded(this.#process)) await this.#end();
    return loaded;
  }

  async #end(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }
}

function start(environment: ProgramEnvironment): ChildProcess {
  // What modules print is for whoever wrote them; stdout belongs to what the command has to say.
  return startProgram(process.execPath, ['-e', moduleProgram('module-process')], {
    environment,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', process.stderr],
  });
}

function hasEnded({ exitCode, signalCode, connected }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || !connected;
}

/** The next thing that the process says, or how it ended without a word. */
function nextWord(running: ChildProcess, limitMs: number): Promise<LoadedModule> {
  return new Promise((resolve) => {
    const done = (word: LoadedModule): void => {
      clearTimeout(timer);
      running.off('message', done).off('exit', exited).off('error', failed);
      resolve(word);
    };
    const exited = (code: number | null, signal: NodeJS.Signals | null): void => {
      done(endOf(code, signal));
    };
    const failed = ({ message }: Error): void => {
      done({ type: 'ended', message: `no process can be started for it: ${message}` });
    };
    const timer = setTimeout(() => {
      done({ type: 'late', limitMs });
    }, limitMs);
    running.on('message', done).on('exit', exited).on('error', failed);
  });
}

/** V8 ends a process in this way that wants more memory at once than there may be. */
const GIVEN_UP: readonly (NodeJS.Signals | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];

function endOf(code: number | null, signal: NodeJS.Signals | null): ModuleEnd {
  if (GIVEN_UP.includes(signal)) return { type: 'too-large' };
  const how = signal === null ? `with code ${code ?? 0}` : `by ${signal}, for want of memory perhaps`;
  return { type: 'ended', message: `its process ended ${how} before it was loaded` };
}
