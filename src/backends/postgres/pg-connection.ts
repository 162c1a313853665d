import { setTimeout as delay } from 'node:timers/promises';

import pg from 'pg';

import { CircuitBreakerError } from '../../core/errors.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { PgListener } from './pg-listener.js';
import { PgSession } from './pg-session.js';
import { PgSockets } from './pg-sockets.js';
import { ServerWatch } from '../server-watch.js';
import { sqlError } from './sql-error.js';
import type { PoolState, SqlConnection, SqlListener, SqlSession, SqlStatement } from './sql-connection.js';

interface PgOptions {
  readonly logger: { warn(facts: object, message: string): void };
  /** A statement that has no answer by then gets none: its server counts as gone. */
  readonly queryTimeoutMs?: number;
}

/** What is asked: the pool, or one connection. */
type Asked = Pick<pg.ClientBase, 'query'>;

const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 5000;
const QUERY_TIMEOUT_MS = 10_000;
/** After so long without a word the system asks whether the other side is still there. */
const KEEP_ALIVE_MS = 10_000;
/** A server says goodbye at once, if it does. */
const GOODBYE_MS = 1000;

/** A pool to a PostgreSQL server, and one more connection that listens. Survives the server's restarts and silences. */
export class PgConnection implements SqlConnection {
  readonly #url: string;
  readonly outlivesProcess = true;
  readonly #pool: pg.Pool;
  readonly #listener: PgListener;
  readonly #sessionConfig: pg.ClientConfig;
  readonly #sessions: PgSession[] = [];
  readonly #sockets = new PgSockets();
  readonly #queryTimeoutMs: number;
  readonly #watch: ServerWatch;

  constructor(url: string, { logger, queryTimeoutMs = QUERY_TIMEOUT_MS }: PgOptions) {
    this.#url = url;
    this.#watch = new ServerWatch({ place: placeOf(url), logger });
    this.#queryTimeoutMs = queryTimeoutMs;
    const config = {
      connectionString: url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: queryTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      stream: this.#sockets.create,
    };
    const onConnect = (client: pg.ClientBase) => leaveNothingBehind(client, queryTimeoutMs);
    const poolConfig = { ...config, max: POOL_SIZE, onConnect };
    this.#pool = new pg.Pool(poolConfig);
    // An idle connection that breaks is thrown away by the pool; without a listener the process would end.
    this.#pool.on('error', (error) => {
      this.#watch.failed(sqlError(error, placeOf(url)));
    });
    this.#sessionConfig = config;
    this.#listener = new PgListener(config);
  }

  async query<Row extends object>(statement: SqlStatement): Promise<readonly Row[]> {
    return await this.#watch.over(this.#query<Row>(statement));
  }

  async #query<Row extends object>(statement: SqlStatement, asked: Asked = this.#pool): Promise<readonly Row[]> {
    const { text, values, name, timeoutMs } = statement;
    try {
      const query = {
        text,
        values: [...values],
        ...(name === undefined ? {} : { name }),
        ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs }),
      };
      return (await asked.query<Row>(query)).rows;
    } catch (error) {
      throw sqlError(error, placeOf(this.#url));
    }
  }

  readonly openSession = (onConnect: () => Promise<void>): SqlSession => {
    const session = new PgSession(this.#sessionConfig, { onConnect });
    this.#sessions.push(session);
    let before: Promise<unknown> = Promise.resolve();
    const ask = async <Row extends object>(statement: SqlStatement) => {
      const { client } = session;
      if (client === undefined) throw sqlError(new Error('its connection is away'), placeOf(this.#url));
      return await this.#query<Row>(statement, client);
    };
    return {
      query: async <Row extends object>(statement: SqlStatement) => {
        const asked = before.then(() => ask<Row>(statement));
        before = asked.catch(() => undefined);
        return await asked;
      },
      close: () => {
        session.close();
      },
    };
  };

  listen(channel: string, listener: SqlListener): () => void {
    return this.#listener.listen(channel, listener);
  }

  readonly poolState = (): PoolState => {
    const { totalCount, idleCount: idle, waitingCount: waiting } = this.#pool;
    return { used: totalCount - idle, idle, waiting };
  };

  /** Waits for statements that are on their way, as long as one may take at most. */
  async close(): Promise<void> {
    this.#watch.end();
    this.#listener.close();
    for (const session of this.#sessions) session.close();
    await Promise.race([this.#pool.end(), delay(this.#queryTimeoutMs, undefined, { ref: false })]);
    await this.#sockets.closed(GOODBYE_MS);
  }
}

/** Throws UNAVAILABLE naming host and port, never the password, when the server cannot be reached. */
export async function connectPg(url: string, options: PgOptions): Promise<PgConnection> {
  if (parsedUrl(url) === undefined) {
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

/**
 * A statement that waits for a lock would wait on in the server when its connection has been thrown away, and those that
 * are tried again would use up all connections that the server has. It looks after them since PostgreSQL 14.
 */
async function leaveNothingBehind(client: pg.ClientBase, checkEveryMs: number): Promise<void> {
  try {
    await client.query(`set client_connection_check_interval = ${checkEveryMs}`);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
  }
}

function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `PostgreSQL at ${hostname}:${port === '' ? '5432' : port}${pathname}`;
}
