import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import pg from 'pg';

import { migrate } from '../../../src/backends/postgres/migrate.js';
import { connectPg } from '../../../src/backends/postgres/pg-connection.js';
import { PgliteConnection } from '../../../src/backends/postgres/pglite-connection.js';
import type { SqlConnection } from '../../../src/backends/postgres/sql-connection.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { createTestDatabase } from '../../support/postgres.js';

/** A migrated database of a test file. Closing it removes it. */
export interface SqlUnderTest {
  readonly sql: SqlConnection;
  close(): Promise<void>;
}

export interface PostgresUnderTest extends SqlUnderTest {
  /** A connection that is not of the program. */
  connect(): Promise<pg.Client>;
}

export async function postgresUnderTest(): Promise<PostgresUnderTest> {
  const database = await createTestDatabase();
  const sql = await connectPg(database.url, { logger: new MemoryLogger() });
  await migrate(sql);
  return {
    sql,
    connect: async () => {
      const client = new pg.Client(database.url);
      await client.connect();
      return client;
    },
    close: async () => {
      await sql.close();
      await database.drop();
    },
  };
}

export async function pgliteUnderTest(): Promise<SqlUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'streams-'));
  const sql = await PgliteConnection.open(join(folder, 'storage'), { logger: new MemoryLogger() });
  await migrate(sql);
  return {
    sql,
    close: async () => {
      await sql.close();
      await rm(folder, { recursive: true });
    },
  };
}
