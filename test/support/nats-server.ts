import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

import { untilAnswering } from './answering-process.js';
import { freePort } from './free-port.js';
import { freezeProcess } from './frozen-process.js';

/** A NATS server of one test, to be killed, frozen and started again. It has its port and its folder for itself. */
export class NatsServer {
  readonly #folder: string;
  readonly #settings: string;
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    folder: string,
    settings: string,
  ) {
    this.#folder = folder;
    this.#settings = settings;
  }

  /** `settings` are lines of its configuration, for what has no flag. */
  static async start(settings = ''): Promise<NatsServer> {
    const server = new NatsServer(await freePort(), await mkdtemp(join(tmpdir(), 'nats-')), settings);
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async startAgain(): Promise<void> {
    const configuration = `${this.#folder}.conf`;
    await writeFile(configuration, this.#settings);
    const args = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.#folder, '-c', configuration];
    const process = spawn('nats-server', args, { stdio: 'ignore' });
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
  }

  async freeze(): Promise<void> {
    if (this.#process?.pid !== undefined) await freezeProcess(this.#process.pid);
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
    await rm(`${this.#folder}.conf`);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await connect({ servers: new URL(url).host, maxReconnectAttempts: 0, timeout: 1000 });
    const isReady = await jetstreamManager(connection).then(
      () => true,
      () => false,
    );
    await connection.close();
    return isReady;
  } catch {
    return false;
  }
}
