import { createClient } from '@redis/client';

import { KillableServer, newServerHome, type ServerHome } from './killable-server.js';

/** A Redis server of one test. */
export class RedisServer extends KillableServer {
  readonly #keepsData: boolean;

  private constructor(home: ServerHome, keepsData: boolean) {
    super(home);
    this.#keepsData = keepsData;
  }

  /** `keepsData`: each write is on disk before it is answered; otherwise a kill takes everything. */
  static async start({ keepsData }: { readonly keepsData: boolean }): Promise<RedisServer> {
    const server = new RedisServer(await newServerHome('redis'), keepsData);
    await server.startAgain();
    return server;
  }

  override get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  protected override command({ port, folder }: ServerHome): Promise<readonly [string, ...string[]]> {
    const persistence = this.#keepsData ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    return Promise.resolve(['redis-server', ...place, '--save', '', ...persistence]);
  }

  protected override async answers(): Promise<boolean> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
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
}
