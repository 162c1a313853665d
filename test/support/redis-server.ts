import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createClient } from '@redis/client';

import { untilAnswering } from './answering-process.js';
import { freePort } from './free-port.js';
import { freezeProcess } from './frozen-process.js';

/** A Redis server of one test, to be killed, frozen and started again. It has its port and its folder for itself. */
export class RedisServer {
  readonly #folder: string;
  readonly #keepsData: boolean;
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    folder: string,
    keepsData: boolean,
  ) {
    this.#folder = folder;
    this.#keepsData = keepsData;
  }

  /** `keepsData`: each write is on disk before it is answered; otherwise a kill takes everything. */
  static async start({ keepsData }: { readonly keepsData: boolean }): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'redis-')), keepsData);
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async startAgain(): Promise<void> {
    const persistence = this.#keepsData ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    const args = [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      this.#folder,
      '--save',
      '',
      ...persistence,
    ];
    const process = spawn('redis-server', args, { stdio: 'ignore' });
    this.#process = process;
    await untilAnswering(process, () => answers(this.url));
  }

  async kill(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    await ended;
    this.#process = undefined;
  }

  /** Of a server that does not run: takes its disk. */
  async forget(): Promise<void> {
    await rm(this.#folder, { recursive: true });
    await mkdir(this.#folder);
  }

  async freeze(): Promise<void> {
    if (this.#process?.pid !== undefined) await freezeProcess(this.#process.pid);
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true });
  }
}

async function answers(url: string): Promise<boolean> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
    return true;
  } catch {
    return false;
  } finally {
    if (client.isOpen) client.destroy();
  }
}
