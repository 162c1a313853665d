import { chown, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { findProgram, unprivilegedUser } from '../../scripts/cluster/find-program.js';
import { descendants } from '../../scripts/cluster/process-family.js';
import { runToEnd } from '../../scripts/cluster/run-to-end.js';
import { identityOf } from '../../src/backends/postgres/running-process.js';
import { freezeProcess } from './frozen-process.js';
import { KillableServer, newServerHome, type ServerHome } from './killable-server.js';
import { onDatabase } from './postgres.js';
import { SmallDisk } from './small-disk.js';

interface PostgresServerOptions {
  /** Its data is on a disk of its own of this size, its log of changes with it; absent: where all files of tests are. */
  readonly diskMib?: number;
  /** Absent: a hundred. */
  readonly maxConnections?: number;
}

/** So small that a small disk has room for its log of changes, and that it is begun anew all the time. */
const SETTINGS = ['shared_buffers=16MB', 'min_wal_size=2MB', 'max_wal_size=8MB', 'unix_socket_directories='];
const SEGMENT = '--wal-segsize=1';

/** A PostgreSQL server of one test: another one than all tests share, so that it may be stopped and its disk be full. */
export class PostgresServer extends KillableServer {
  // To its processes all at once: it writes nothing more, and has to recover.
  protected override readonly killSignal = 'SIGQUIT';
  protected override readonly user = unprivilegedUser();
  readonly #settings: readonly string[];
  #disk: SmallDisk | undefined;

  private constructor(home: ServerHome, settings: readonly string[]) {
    super(home);
    this.#settings = settings;
  }

  static async start({ diskMib, maxConnections = 100 }: PostgresServerOptions = {}): Promise<PostgresServer> {
    const settings = [...SETTINGS, `max_connections=${maxConnections}`];
    const server = new PostgresServer(await newServerHome('postgres'), settings);
    try {
      await server.#make(diskMib);
      await server.startAgain();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  override get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Its disk, where it has one of its own. */
  get disk(): SmallDisk {
    if (this.#disk === undefined) throw new Error('this PostgreSQL has no disk of its own');
    return this.#disk;
  }

  /** From now on, for whoever connects and for the connections that are there. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    await onDatabase(this.url, `alter system set default_transaction_read_only = ${isReadOnly ? 'on' : 'off'}`);
    await onDatabase(this.url, 'select pg_reload_conf()');
  }

  override async freeze(): Promise<void> {
    // It first: it starts nothing any more.
    await super.freeze();
    for (const { pid } of this.#others()) await freezeProcess(pid);
  }

  override thaw(): void {
    for (const { pid } of this.#others()) {
      try {
        process.kill(pid, 'SIGCONT');
      } catch {
        // One that served a connection, and has ended with it.
      }
    }
    super.thaw();
  }

  /** As whoever looks after it would: it sends everybody away, and has all on disk. */
  async stopInOrder(): Promise<void> {
    await this.endBy('SIGINT');
  }

  override async stop(): Promise<void> {
    this.thaw();
    await this.kill();
    await this.#disk?.unmount();
    await super.stop();
  }

  protected override command({ port }: ServerHome): Promise<readonly [string, ...string[]]> {
    const settings = this.#settings.flatMap((one) => ['-c', one]);
    return Promise.resolve([program('postgres'), '-D', this.#data, '-p', String(port), '-h', '127.0.0.1', ...settings]);
  }

  protected override async answers(): Promise<boolean> {
    return await onDatabase(this.url, 'select 1').then(
      () => true,
      () => false,
    );
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  #others() {
    return this.pid === undefined ? [] : descendants(identityOf(this.pid));
  }

  async #make(diskMib: number | undefined): Promise<void> {
    await mkdir(this.#data, { mode: 0o700 });
    for (const folder of [this.folder, this.#data])
      if (this.user !== undefined) await chown(folder, this.user.uid, this.user.gid);
    if (diskMib !== undefined) this.#disk = await SmallDisk.mount(this.#data, diskMib, this.user);
    const who = ['--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C'];
    await runToEnd(program('initdb'), ['-D', this.#data, ...who, SEGMENT, '--no-sync'], {
      user: this.user,
      cwd: this.folder,
    });
  }
}

function program(name: string): string {
  const initdb = findProgram('initdb');
  if (initdb === undefined) throw new Error('There is no PostgreSQL on this machine: apt-get install postgresql.');
  return join(dirname(initdb), name);
}
