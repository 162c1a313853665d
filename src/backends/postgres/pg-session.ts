import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;
/** Nothing else would tell a server that has nothing to say from one that is gone without a word. */
const ASK_EVERY_MS = 2000;

/** What a connection is for. */
export interface PgSessionUse {
  /** Follows every connect; where it throws, the connection is given up, and the next one made. */
  readonly onConnect: (client: pg.Client) => Promise<void>;
  readonly onNotify?: (channel: string, payload: string) => void;
}

/** One connection that is kept for one purpose, from now until it is closed. Survives the server's restarts and silences. */
export class PgSession {
  readonly #config: pg.ClientConfig;
  readonly #use: PgSessionUse;
  #client: pg.Client | undefined;
  #isConnecting = false;
  #isClosed = false;

  constructor(config: pg.ClientConfig, use: PgSessionUse) {
    this.#config = config;
    this.#use = use;
    void this.#connect();
  }

  /** Undefined while it is away. It may not have done yet what follows a connect. */
  get client(): pg.Client | undefined {
    return this.#client;
  }

  /** Gives up a connection that does not do what it is for: another one follows. */
  giveUp(client: pg.Client): void {
    end(client);
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
      if (await this.#hasConnected()) break;
      await delay(pauseMs, undefined, { ref: false });
    }
    this.#isConnecting = false;
  }

  async #hasConnected(): Promise<boolean> {
    const client = new pg.Client(this.#config);
    const lost = () => {
      if (this.#client !== client) return;
      this.#client = undefined;
      if (!this.#isClosed) void this.#connect();
    };
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ channel, payload = '' }) => this.#use.onNotify?.(channel, payload));
    try {
      await client.connect();
      this.#client = client;
      await this.#use.onConnect(client);
    } catch {
      this.#client = undefined;
      end(client);
      return false;
    }
    if (this.#isClosed) end(client);
    else void this.#watchOver(client);
    // It may have been lost already.
    return this.#isClosed || this.#client === client;
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
