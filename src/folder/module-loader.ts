import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { ProgramEnvironment } from '../core/program-environment.js';
import { endGroup, startProgram } from '../temporal/child-process.js';
import { moduleProgram } from './module-program.js';
import {
  readModuleWord,
  type ModuleAnswer,
  type ModuleEnd,
  type ModuleRequest,
  type ModuleWord,
} from './module-word.js';

/** From sources it loads a compiler first, on a machine that may be busy. */
const START_LIMIT_MS = 60_000;
/** A definition is data: what takes longer waits for something that it should not. */
export const MODULE_LIMIT_MS = 10_000;

/** After so many that were too late, others would probably be, too. */
const MOST_LATE = 5;

export interface ModuleLoaderOptions {
  /** What modules find in their environment: no key of ours. */
  readonly environment: ProgramEnvironment;
  /** For one module with all that it imports. */
  readonly limitMs?: number;
  /** Nothing is loaded any more once it is aborted. */
  readonly ending?: AbortSignal;
}

export type LoadedModule = ModuleAnswer | ModuleEnd | Late;

interface Late {
  readonly type: 'late';
  readonly limitMs: number;
}

const NOT_WAITED_FOR: ModuleEnd = { type: 'ended', message: 'nobody waited for it' };
const NOT_BEGUN: ModuleEnd = { type: 'ended', message: `it was not loaded: ${MOST_LATE} others came to no end` };

/**
 * Loads modules of users, one after the other, in a process of their own: they may never end, end the process or take all memory. It
 * is started when it is needed, and again after one of these; after some that never end it loads no more. It ends by itself when this process is gone, with what modules have started.
 */
export class ModuleLoader {
  readonly #options: ModuleLoaderOptions;
  #process: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #number = 0;
  #late = 0;

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
    const { limitMs = MODULE_LIMIT_MS, environment, ending } = this.#options;
    if (ending?.aborted === true) return NOT_WAITED_FOR;
    if (this.#late >= MOST_LATE) return NOT_BEGUN;
    if (this.#process !== undefined && hasEnded(this.#process)) await this.#end();
    if (this.#process === undefined) {
      this.#process = start(environment);
      const begun = await nextWord(this.#process, { limitMs: START_LIMIT_MS, ending, isMeant: isReady });
      if (begun.type !== 'ready') {
        await this.#end();
        return begun;
      }
    }
    const request: ModuleRequest = { path, number: (this.#number += 1) };
    const isMeant = (word: ModuleWord): word is NumberedAnswer => isAnswer(word) && word.number === request.number;
    const word = nextWord(this.#process, { limitMs, ending, isMeant });
    this.#process.send(request);
    const loaded = await word;
    if (loaded.type === 'late') this.#late += 1;
    if (!isAnswer(loaded) || hasEnded(this.#process)) await this.#end();
    return loaded;
  }

  async #end(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running?.pid === undefined) return;
    const ended = running.exitCode === null && running.signalCode === null ? once(running, 'exit') : undefined;
    endGroup(running.pid);
    await ended;
  }
}

function start(environment: ProgramEnvironment): ChildProcess {
  // What modules print is for whoever wrote them; stdout belongs to what the command has to say.
  return startProgram(process.execPath, ['-e', moduleProgram('module-process')], {
    environment,
    // A group of its own, of which what modules start is a part.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', process.stderr],
  });
}

function hasEnded({ exitCode, signalCode, connected }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || !connected;
}

type NumberedAnswer = Extract<ModuleWord, ModuleAnswer>;
type Ready = Extract<ModuleWord, { readonly type: 'ready' }>;

function isReady(word: ModuleWord): word is Ready {
  return word.type === 'ready';
}

function isAnswer<Word extends LoadedModule | ModuleWord>(word: Word): word is Word & ModuleAnswer {
  return word.type === 'read' || word.type === 'failed';
}

interface Expected<Word extends ModuleWord> {
  readonly limitMs: number;
  readonly ending: AbortSignal | undefined;
  /** Others are left alone: modules can speak there, too. */
  readonly isMeant: (word: ModuleWord) => word is Word;
}

/** What the process says that is meant, or how it ended without that. */
function nextWord<Word extends ModuleWord>(
  running: ChildProcess,
  { limitMs, ending, isMeant }: Expected<Word>,
): Promise<Word | ModuleEnd | Late> {
  return new Promise((resolve) => {
    const done = (word: Word | ModuleEnd | Late): void => {
      clearTimeout(timer);
      running.off('message', heard).off('exit', exited).off('error', failed);
      ending?.removeEventListener('abort', aborted);
      resolve(word);
    };
    const heard = (said: unknown): void => {
      const word = readModuleWord(said);
      if (word === undefined) return;
      if (isMeant(word) || word.type === 'ended' || word.type === 'too-large') done(word);
    };
    const exited = (code: number | null, signal: NodeJS.Signals | null): void => {
      done(endOf(code, signal));
    };
    const failed = ({ message }: Error): void => {
      done({ type: 'ended', message: `no process can be started for it: ${message}` });
    };
    const aborted = (): void => {
      done(NOT_WAITED_FOR);
    };
    const timer = setTimeout(() => {
      done({ type: 'late', limitMs });
    }, limitMs);
    running.on('message', heard).on('exit', exited).on('error', failed);
    ending?.addEventListener('abort', aborted);
  });
}

/** V8 ends a process in this way that wants more memory at once than there may be. */
const GIVEN_UP: readonly (NodeJS.Signals | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGILL'];

function endOf(code: number | null, signal: NodeJS.Signals | null): ModuleEnd {
  if (GIVEN_UP.includes(signal)) return { type: 'too-large' };
  const how = signal === null ? `with code ${code ?? 0}` : `by ${signal}, for want of memory perhaps`;
  return { type: 'ended', message: `its process ended ${how} before it was loaded` };
}
