import { AsyncResource } from 'node:async_hooks';

import pg from 'pg';

import { PgSession } from './pg-session.js';
import type { SqlListener } from './sql-connection.js';

/** One connection that listens to all channels, from the first on. Survives the server's restarts and silences. */
export class PgListener {
  readonly #config: pg.ClientConfig;
  /** The connection belongs to nobody: it must not hold the request of whoever came first, nor act in its name. */
  readonly #ofNobody = new AsyncResource('PgListener');
  readonly #listeners = new Map<string, Set<SqlListener>>();
  #session: PgSession | undefined;

  constructor(config: pg.ClientConfig) {
    this.#config = config;
  }

  listen(channel: string, listener: SqlListener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    if (this.#session === undefined) this.#session = this.#ofNobody.runInAsyncScope(() => this.#open());
    else void this.#listenTo(this.#session, channel, listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Begins to end the connection, and makes no other. */
  close(): void {
    this.#session?.close();
  }

  #open(): PgSession {
    return new PgSession(this.#config, {
      onConnect: async (client) => {
        for (const channel of this.#listeners.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
        for (const listener of [...this.#listeners.values()].flatMap((set) => [...set])) listener.onConnect();
      },
      onNotify: (channel, payload) => {
        for (const listener of this.#listeners.get(channel) ?? []) listener.onNotify(payload);
      },
    });
  }

  async #listenTo(session: PgSession, channel: string, listener: SqlListener): Promise<void> {
    const { client } = session;
    if (client === undefined) return;
    try {
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      listener.onConnect();
    } catch {
      // The next connection listens to every channel and says so.
      session.giveUp(client);
    }
  }
}
