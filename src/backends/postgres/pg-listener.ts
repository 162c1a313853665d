import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

import type { SqlListener } from './sql-connection.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** Nothing else would tell a server that has nothing to say from one that is gone without a word. */
const ASK_EVERY_MS = 2000;

/** One connection that listens to all channels, from the first on. Survives the server's restarts and silences. */
export class PgListener {
  readonly #config: pg.ClientConfig;
  readonly #listeners = new Map<string, Set<SqlListener>>();
  #client: pg.Client | undefined;
  #isConnecting = false;
  #isClosed = false;

  constructor(config: pg.ClientConfig) {
    this.#config = config;
  }

  listen(channel: string, listener: SqlListener): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    if (this.#client === undefined) void this.#connect();
    else void this.#listenTo(this.#client, channel, listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Begins to end the connection, and makes no other. */
  close(): void {
    this.#isClosed = true;
    end(this.#client);
  }

  async #connect(): Promise<void> {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    for (let pauseMs = FIRST_PAUSE_MS; !this.#isClosed; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (await this.#tryListening()) break;
      await delay(pauseMs, undefined, { ref: false });
    }
    this.#isConnecting = false;
  }

  async #tryListening(): Promise<boolean> {
    const client = new pg.Client(this.#config);
    const lost = () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      if (!this.#isClosed) void this.#connect();
    };
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ channel, payload = '' }) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener.onNotify(payload);
    });
    try {
      await client.connect();
      for (const channel of this.#listeners.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch {
      end(client);
      return false;
    }
    this.#client = client;
    if (this.#isClosed) end(client);
    else void this.#watchOver(client);
    for (const listener of [...this.#listeners.values()].flatMap((set) => [...set])) listener.onConnect();
    return true;
  }

  async #listenTo(client: pg.Client, channel: string, listener: SqlListener): Promise<void> {
    try {
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      listener.onConnect();
    } catch {
      // The next connection listens to every channel and says so.
      end(client);
    }
  }

  async #watchOver(client: pg.Client): Promise<void> {
    while (this.#client === client) {
      await delay(ASK_EVERY_MS, undefined, { ref: false });
      await client.query('select 1').catch(() => {
        end(client);
      });
    }
  }
}

/**
 * Ends a connection without waiting for it. The client closes it at once while an answer is due, else when the server
 * has said goodbye.
 */
function end(client: pg.Client | undefined): void {
  void client?.end().catch(() => undefined);
}
