import type { SqlConnection } from './sql-connection.js';
import { migrate, refuseMissingMigrations } from './migrate.js';

interface OpenSqlOptions {
  readonly logger: { warn(facts: object, message: string): void };
}

interface OpenTablesOptions extends OpenSqlOptions {
  /** Tables are not brought up to date: UNAVAILABLE where they are not. */
  readonly isOnlyRead?: boolean;
}

/**
 * Opens the database that a URL names, `pglite:FOLDER` or `postgres://…`, with its tables brought up to date. Its driver
 * is loaded now, so that nobody pays for the other one. Throws UNAVAILABLE when it cannot be reached or is in use.
 */
export async function openSql(url: string, options: OpenTablesOptions): Promise<SqlConnection> {
  const sql = url.startsWith(PGLITE)
    ? await openFolder(url.slice(PGLITE.length), options)
    : await connectServer(url, options);
  try {
    await (options.isOnlyRead === true ? refuseMissingMigrations(sql) : migrate(sql));
    return sql;
  } catch (error) {
    await sql.close();
    throw error;
  }
}

const PGLITE = 'pglite:';

async function openFolder(folder: string, options: OpenSqlOptions): Promise<SqlConnection> {
  const { PgliteConnection } = await import('./pglite-connection.js');
  return await PgliteConnection.open(folder, options);
}

/** Connects to a PostgreSQL server and leaves its tables as they are. Throws UNAVAILABLE when it cannot be reached. */
export async function connectServer(url: string, options: OpenSqlOptions): Promise<SqlConnection> {
  const { connectPg } = await import('./pg-connection.js');
  return await connectPg(url, options);
}
