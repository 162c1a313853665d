import { CircuitBreakerError } from '../core/errors.js';
import { migrate } from '../backends/postgres/migrate.js';
import { connectPg } from '../backends/postgres/pg-connection.js';
import { PgliteConnection } from '../backends/postgres/pglite-connection.js';
import type { SqlConnection } from '../backends/postgres/sql-connection.js';
import { MemoryStreamLog } from './memory/memory-stream-log.js';
import { EntryLog } from './entries/entry-log.js';
import { connectNats } from './nats/nats-connection.js';
import { NatsEntries } from './nats/nats-entries.js';
import { PostgresEntries } from './postgres/postgres-entries.js';
import { connectRedis } from './redis/redis-connection.js';
import { RedisEntries } from './redis/redis-entries.js';
import type { StreamLog } from './stream-log.js';

export interface OpenStreamLogOptions {
  /** The process's own connection to the database that the URL names: shared, and not closed with the log. */
  readonly sql?: SqlConnection | undefined;
  readonly logger?: { warn(facts: object, message: string): void };
}

/**
 * Opens the stream log that a URL names, with its table brought up to date. Throws VALIDATION_FAILED for a URL that
 * names none, UNAVAILABLE for one that cannot be reached or is in use.
 */
export async function openStreamLog(url: string, options: OpenStreamLogOptions = {}): Promise<StreamLog> {
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? '';
  switch (scheme) {
    case 'memory':
      return new MemoryStreamLog();
    case 'pglite':
      return await openSql(options.sql, () => PgliteConnection.open(url.slice('pglite:'.length)));
    case 'postgres':
    case 'postgresql':
      return await openSql(options.sql, () => connectPg(url, { logger: options.logger ?? SILENT }));
    case 'redis':
    case 'rediss': {
      const redis = await connectRedis(url, { logger: options.logger ?? SILENT });
      const release = () => {
        redis.close();
      };
      return new EntryLog(new RedisEntries(redis, release));
    }
    case 'nats': {
      const nats = await connectNats(url, { logger: options.logger ?? SILENT });
      return new EntryLog(new NatsEntries(nats, () => nats.close()));
    }
    default: {
      const message = `STREAM_URL is "${scheme}…": it may be pglite:FOLDER, postgres://user:password@host:port/database, redis://user:password@host:port/database, nats://user:password@host:port/stream or memory:`;
      throw new CircuitBreakerError('VALIDATION_FAILED', message);
    }
  }
}

const SILENT = { warn: () => undefined };

async function openSql(shared: SqlConnection | undefined, connect: () => Promise<SqlConnection>): Promise<StreamLog> {
  if (shared !== undefined) return new EntryLog(new PostgresEntries(shared));
  const sql = await connect();
  try {
    await migrate(sql);
  } catch (error) {
    await sql.close();
    throw error;
  }
  return new EntryLog(new PostgresEntries(sql, () => sql.close()));
}
