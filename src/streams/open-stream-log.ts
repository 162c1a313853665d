import { CircuitBreakerError } from '../core/errors.js';
import { openSql } from '../backends/postgres/open-sql.js';
import type { SqlConnection } from '../backends/postgres/sql-connection.js';
import { MemoryStreamLog } from './memory/memory-stream-log.js';
import { EntryLog } from './entries/entry-log.js';
import { NatsEntries } from './nats/nats-entries.js';
import { PostgresEntries } from './postgres/postgres-entries.js';
import { RedisEntries } from './redis/redis-entries.js';
import type { StreamLog } from './stream-log.js';

export interface OpenStreamLogOptions {
  /** The process's own connection to the database that the URL names: shared, and not closed with the log. */
  readonly sql?: SqlConnection | undefined;
  readonly logger?: { warn(facts: object, message: string): void };
  /** Its table is not brought up to date: UNAVAILABLE where it is not. */
  readonly isOnlyRead?: boolean;
}

/**
 * Opens the stream log that a URL names, with its table brought up to date. Throws VALIDATION_FAILED for a URL that
 * names none, UNAVAILABLE for one that cannot be reached or is in use. The driver of its backend is loaded now, and no other.
 */
export async function openStreamLog(url: string, options: OpenStreamLogOptions = {}): Promise<StreamLog> {
  const { logger = SILENT } = options;
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? '';
  switch (scheme) {
    case 'memory':
      return new MemoryStreamLog();
    case 'pglite':
    case 'postgres':
    case 'postgresql':
      return options.sql === undefined
        ? ownLog(await openSql(url, { logger, isOnlyRead: options.isOnlyRead === true }))
        : new EntryLog(new PostgresEntries(options.sql));
    case 'redis':
    case 'rediss': {
      const { connectRedis } = await import('./redis/redis-connection.js');
      const redis = await connectRedis(url, { logger });
      const release = () => {
        redis.close();
      };
      return new EntryLog(new RedisEntries(redis, release));
    }
    case 'nats':
    case 'tls': {
      const { connectNats } = await import('./nats/nats-connection.js');
      const nats = await connectNats(url, { logger });
      return new EntryLog(new NatsEntries(nats, () => nats.close()));
    }
    default: {
      const message = `STREAM_URL is "${scheme}…": it may be pglite:FOLDER, postgres://user:password@host:port/database, redis://user:password@host:port/database, nats://user:password@host:port/stream or memory:`;
      throw new CircuitBreakerError('VALIDATION_FAILED', message);
    }
  }
}

const SILENT = { warn: () => undefined };

function ownLog(sql: SqlConnection): StreamLog {
  return new EntryLog(new PostgresEntries(sql, () => sql.close()));
}
