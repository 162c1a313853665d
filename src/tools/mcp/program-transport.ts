import type { ChildProcess, StdioOptions } from 'node:child_process';

import {
  deserializeMessage,
  serializeMessage,
  type JSONRPCMessage,
  type Transport,
} from '@modelcontextprotocol/client';

import type { ProgramEnvironment } from '../../core/program-environment.js';
import { wordsOf } from '../../core/errors.js';
import { LastWords } from './last-words.js';
import { LineBuffer } from './line-buffer.js';
import { LineRate } from './line-rate.js';
import { MessageSize } from './message-size.js';
import type { ProgramServer } from './server-config.js';

/** After it has lost its input, and again after SIGTERM. */
const PATIENCE_MS = 2000;
/** What has been written before a program ended may still be on its way. */
const LAST_OUTPUT_MS = 500;
/** Each is read where all else of this process runs: one that writes without end would let nothing else have its turn. */
const MOST_LINES_IN_A_SECOND = 10_000;

export type StartProgram = (
  program: string,
  args: readonly string[],
  options: {
    readonly environment: ProgramEnvironment;
    readonly stdio: StdioOptions;
    readonly detached: boolean;
    readonly cwd?: string;
  },
) => ChildProcess;

/**
 * Speaks with a server that is a program, over its input and output. It runs in a process group of its own, which ends as a
 * whole: what is started by `npx` or a shell has children. When this process is killed, the program loses its input.
 */
export class ProgramTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #server: ProgramServer;
  readonly #start: StartProgram;
  readonly #environment: ProgramEnvironment;
  readonly #lines = new LineBuffer();
  readonly #size = new MessageSize('line');
  readonly #rate = new LineRate(MOST_LINES_IN_A_SECOND);
  readonly #lastWords = new LastWords();
  #program: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #reason: string | undefined;

  constructor(server: ProgramServer, start: StartProgram, environment: ProgramEnvironment) {
    this.#server = server;
    this.#start = start;
    this.#environment = environment;
  }

  /** Why it has ended, with what it said last; undefined while it runs. */
  get reason(): string | undefined {
    if (this.#reason === undefined) return undefined;
    const words = this.#lastWords.text;
    return words === '' ? this.#reason : `${this.#reason}; it wrote last: ${words}`;
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { command, args, env, cwd } = this.#server;
      const program = this.#start(command, args, {
        environment: { ...this.#environment, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
        ...(cwd === undefined ? {} : { cwd }),
      });
      this.#program = program;
      program.once('spawn', resolve);
      program.on('error', (error) => {
        this.#reason ??= `its program does not start (${wordsOf(error)})`;
        reject(new Error(this.#reason));
      });
      this.#ended = this.#watch(program);
      this.#listen(program);
    });
  }

  send(message: JSONRPCMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      const input = this.#program?.stdin;
      if (!input?.writable) {
        reject(new Error(this.reason ?? 'its program does not run'));
        return;
      }
      input.write(serializeMessage(message), (error) => {
        if (error == null) resolve();
        else reject(error);
      });
    });
  }

  /** Closes its input, asks it to end, and ends it. */
  async close(): Promise<void> {
    this.#reason ??= 'it was ended';
    const program = this.#program;
    if (program?.pid === undefined) {
      this.onclose?.();
      return;
    }
    program.stdin?.end();
    if (await this.#endsWithin(PATIENCE_MS)) return;
    signal(program, 'SIGTERM');
    if (await this.#endsWithin(PATIENCE_MS)) return;
    signal(program, 'SIGKILL');
    await this.#ended;
  }

  /** Ends it for what it did, and reads nothing more of it. */
  #refuse(reason: string): void {
    this.#reason ??= reason;
    const program = this.#program;
    if (program === undefined) return;
    program.stdout?.destroy();
    signal(program, 'SIGKILL');
  }

  async #endsWithin(ms: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<false>((resolve) => {
      timer = setTimeout(resolve, ms, false);
    });
    const ended = await Promise.race([this.#ended.then(() => true), late]);
    clearTimeout(timer);
    return ended;
  }

  #watch(program: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        resolve();
        for (const pipe of [program.stdin, program.stdout, program.stderr]) pipe?.destroy();
        this.#lines.clear();
        const close = this.onclose;
        delete this.onclose;
        close?.();
      };
      let timer: NodeJS.Timeout | undefined;
      program.once('exit', (code, by) => {
        this.#reason ??= by === null ? `its program ended with code ${String(code)}` : `its program was ended by ${by}`;
        // What it has started and left behind has its output, which would never end.
        signal(program, 'SIGTERM');
        timer = setTimeout(finish, LAST_OUTPUT_MS);
      });
      program.once('close', finish);
      program.once('error', finish);
    });
  }

  #listen(program: ChildProcess): void {
    // A program that has ended takes nothing more: its end says so.
    program.stdin?.on('error', () => undefined);
    program.stderr?.on('data', (bytes: Buffer) => {
      this.#lastWords.add(bytes);
    });
    program.stdout?.on('data', (bytes: Buffer) => {
      const tooLarge = this.#size.add(bytes);
      if (tooLarge !== undefined) {
        this.#refuse(tooLarge);
        return;
      }
      const lines = this.#lines.add(bytes);
      if (this.#rate.isExceededBy(lines.length, performance.now())) {
        this.#refuse(`it wrote more than ${MOST_LINES_IN_A_SECOND} lines in a second`);
        return;
      }
      for (const line of lines) this.#read(line);
    });
  }

  /** A line that is no message is somebody's log. */
  #read(line: string): void {
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch {
      return;
    }
    this.onmessage?.(message);
  }
}

/** To the whole group; none of it may be left. */
function signal(program: ChildProcess, name: NodeJS.Signals): void {
  if (program.pid === undefined) return;
  try {
    if (process.platform === 'win32') program.kill(name);
    else process.kill(-program.pid, name);
  } catch {
    // It has ended.
  }
}
