import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';

import { KillableServer, newServerHome, type ServerHome } from './killable-server.js';

/** A NATS server of one test, with JetStream. */
export class NatsServer extends KillableServer {
  readonly #settings: string;

  private constructor(home: ServerHome, settings: string) {
    super(home);
    this.#settings = settings;
  }

  /** `settings` are lines of its configuration, for what has no flag. */
  static async start(settings = ''): Promise<NatsServer> {
    const server = new NatsServer(await newServerHome('nats'), settings);
    await server.startAgain();
    return server;
  }

  override get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  protected override async command({ port, folder }: ServerHome): Promise<readonly [string, ...string[]]> {
    const configuration = join(folder, 'nats.conf');
    await writeFile(configuration, this.#settings);
    return ['nats-server', '-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder, '-c', configuration];
  }

  protected override async answers(): Promise<boolean> {
    try {
      const connection = await connect({ servers: new URL(this.url).host, maxReconnectAttempts: 0, timeout: 1000 });
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
}
