import pg from 'pg';

import { migrate } from '../../../src/backends/postgres/migrate.js';
import { connectPg, type PgConnection } from '../../../src/backends/postgres/pg-connection.js';
import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { PostgresEntries } from '../../../src/streams/postgres/postgres-entries.js';
import type { StreamLog } from '../../../src/streams/stream-log.js';
import { CuttingProxy } from '../../support/cutting-proxy.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { createTestDatabase } from '../../support/postgres.js';
import type { FaultyServer } from '../contract/faults.js';

/** The program takes a PostgreSQL for gone that says nothing for so long. */
export const QUERY_TIMEOUT_MS = 2000;

const CUT_ALL = `select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()`;

export interface FaultyPostgres extends FaultyServer {
  readonly proxy: CuttingProxy;
  connect(): Promise<PgConnection>;
  openLog(): Promise<StreamLog>;
}

/** The server is everybody's: what can be hurt is a database of its own, and the way to it. */
export async function faultyPostgres(): Promise<FaultyPostgres> {
  const database = await createTestDatabase();
  const url = new URL(database.url);
  url.port ||= '5432';
  const proxy = await CuttingProxy.start(url.href);
  url.host = `127.0.0.1:${proxy.port}`;
  const connect = () => connectPg(url.href, { logger: new MemoryLogger(), queryTimeoutMs: QUERY_TIMEOUT_MS });
  const sql = await connect();
  await migrate(sql);
  await sql.close();
  // Goes past the proxy, and is not cut.
  const admin = new pg.Client(database.url);
  await admin.connect();
  return {
    proxy,
    connect,
    openLog: async () => {
      const own = await connect();
      return new EntryLog(new PostgresEntries(own, () => own.close()));
    },
    cut: async () => {
      await admin.query(CUT_ALL);
    },
    kill: async () => {
      proxy.goAway();
      await admin.query(CUT_ALL);
    },
    forget: async () => {
      await admin.query('truncate circuit_breaker.stream_entries');
    },
    startAgain: () => {
      proxy.comeBack();
      return Promise.resolve();
    },
    freeze: () => {
      proxy.fallSilent();
      return Promise.resolve();
    },
    thaw: () => {
      proxy.speakAgain();
    },
    stop: async () => {
      await admin.end();
      await proxy.stop();
      await database.drop();
    },
  };
}
