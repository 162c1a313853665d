import pg from 'pg';

import { CircuitBreakerError } from '../../core/errors.js';
import { sqlError } from './sql-error.js';
import type { SqlConnection, SqlListener, SqlStatement } from './sql-connection.js';

interface PgOptions {
  readonly logger: { warn(facts: object, message: string): void };
}

const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 5000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** A pool to a PostgreSQL server, and one more connection that listens. Survives the server's restarts. */
export class PgConnection implements SqlConnection {
  readonly outlivesProcess = true;
  private readonly pool: pg.Pool;
  private readonly listeners = new Map<string, Set<SqlListener>>();
  private listening: pg.Client | undefined;
  private connecting: Promise<void> | undefined;
  private isClosed = false;

  constructor(
    private readonly url: string,
    private readonly options: PgOptions,
  ) {
    this.pool = new pg.Pool({ connectionString: url, max: POOL_SIZE, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    // An idle connection that breaks is thrown away by the pool; without a listener the process would end.
    this.pool.on('error', (error) => {
      this.options.logger.warn({ err: error.message }, 'an idle connection to PostgreSQL broke');
    });
  }

  async query<Row extends object>({ text, values, name }: SqlStatement): Promise<readonly Row[]> {
    try {
      const query = { text, values: [...values], ...(name === undefined ? {} : { name }) };
      return (await this.pool.query<Row>(query)).rows;
    } catch (error) {
      throw sqlError(error, placeOf(this.url));
    }
  }

  listen(channel: string, listener: SqlListener): () => void {
    const listeners = this.listeners.get(channel) ?? new Set();
    this.listeners.set(channel, listeners.add(listener));
    if (this.listening === undefined) this.connecting ??= this.connectListener();
    else void this.listenTo(this.listening, channel, listener);
    return () => {
      listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.listening?.end().catch(() => undefined);
    await this.connecting;
    await this.pool.end();
  }

  private async connectListener(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.isClosed; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (await this.tryListening()) break;
      await new Promise((resolve) => setTimeout(resolve, pauseMs).unref());
    }
    this.connecting = undefined;
  }

  private async tryListening(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const lost = () => {
      if (this.listening !== client) return;
      this.listening = undefined;
      if (!this.isClosed) this.connecting ??= this.connectListener();
    };
    client.on('error', lost).on('end', lost);
    client.on('notification', ({ channel, payload = '' }) => {
      for (const listener of this.listeners.get(channel) ?? []) listener.onNotify(payload);
    });
    try {
      await client.connect();
      for (const channel of this.listeners.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch {
      await client.end().catch(() => undefined);
      return false;
    }
    this.listening = client;
    if (this.isClosed) await client.end().catch(() => undefined);
    for (const listener of [...this.listeners.values()].flatMap((set) => [...set])) listener.onConnect();
    return true;
  }

  private async listenTo(client: pg.Client, channel: string, listener: SqlListener): Promise<void> {
    try {
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
      listener.onConnect();
    } catch {
      // The connection is gone: `lost` makes a new one, which listens to every channel and says so.
    }
  }
}

/** Throws UNAVAILABLE naming host and port, never the password, when the server cannot be reached. */
export async function connectPg(url: string, options: PgOptions): Promise<PgConnection> {
  if (!URL.canParse(url)) {
    throw new CircuitBreakerError(
      'VALIDATION_FAILED',
      'STORAGE_URL is not a valid address: use postgres://user:password@host:port/database.',
    );
  }
  const connection = new PgConnection(url, options);
  try {
    await connection.query({ text: 'select 1', values: [] });
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `PostgreSQL at ${hostname}:${port === '' ? '5432' : port}${pathname}`;
}
