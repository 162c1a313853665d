import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { untilAnswering } from './answering-process.js';
import { freePort } from './free-port.js';
import { freezeProcess } from './frozen-process.js';

/** Where the server of one test lives: nobody else has its port and its folder. */
export interface ServerHome {
  readonly port: number;
  readonly folder: string;
}

export async function newServerHome(name: string): Promise<ServerHome> {
  return { port: await freePort(), folder: await mkdtemp(join(tmpdir(), `${name}-`)) };
}

/** A server of one test that is no program of ours, to be killed, frozen and started again. */
export abstract class KillableServer {
  readonly #home: ServerHome;
  #process: ChildProcess | undefined;

  protected constructor(home: ServerHome) {
    this.#home = home;
  }

  abstract get url(): string;

  /** Who it is to be, where not who we are. */
  protected readonly user: { readonly uid: number; readonly gid: number } | undefined = undefined;
  /** What ends it and all that it has started, as the end of the machine would. */
  protected readonly killSignal: NodeJS.Signals = 'SIGKILL';

  /** What starts it. Called for every start. */
  protected abstract command(home: ServerHome): Promise<readonly [program: string, ...args: string[]]>;

  protected abstract answers(): Promise<boolean>;

  get port(): number {
    return this.#home.port;
  }

  async startAgain(): Promise<void> {
    const [program, ...args] = await this.command(this.#home);
    const process = spawn(program, args, { stdio: 'ignore', ...this.user });
    this.#process = process;
    await untilAnswering(process, () => this.answers());
  }

  protected get pid(): number | undefined {
    return this.#process?.pid;
  }

  protected get folder(): string {
    return this.#home.folder;
  }

  get hasEnded(): boolean {
    return this.#process === undefined || this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async kill(): Promise<void> {
    await this.endBy(this.killSignal);
  }

  protected async endBy(signal: NodeJS.Signals): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    if (!this.hasEnded) {
      const ended = once(process, 'exit');
      process.kill(signal);
      await ended;
    }
    this.#process = undefined;
  }

  /** Of a server that does not run: takes its disk. */
  async forget(): Promise<void> {
    await rm(this.#home.folder, { recursive: true });
    await mkdir(this.#home.folder);
  }

  async freeze(): Promise<void> {
    if (this.#process?.pid !== undefined) await freezeProcess(this.#process.pid);
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#home.folder, { recursive: true, force: true });
  }
}
