import { randomBytes } from 'node:crypto';

import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

const SERVER_URL = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** A database of its own on the test server; throws when the server cannot be reached. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const name = `cb_test_${randomBytes(6).toString('hex')}`;
  await onServer(`create database ${name}`);
  const url = new URL(SERVER_URL);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(`drop database if exists ${name} with (force)`) };
}

/** Whether tests on PostgreSQL can run. With CI=true they must: then they fail instead of being skipped. */
export async function canTestPostgres(): Promise<boolean> {
  try {
    await onServer('select 1');
    return true;
  } catch {
    if (process.env['CI'] === 'true') return true;
    console.warn('Skipped: no PostgreSQL at its standard port (set TEST_POSTGRES_URL where it is elsewhere).');
    return false;
  }
}

/** Runs one statement on a connection of its own and gives its rows. */
export async function onDatabase(url: string, statement: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** From now on a table of ours takes no row for which an SQL condition on `new` holds: a data exception, each time. */
export async function refuseRows(url: string, table: string, condition: string): Promise<void> {
  await onDatabase(
    url,
    `create function refuse_${table}() returns trigger language plpgsql as $$ begin
      if ${condition} then raise exception 'not this row' using errcode = '22023'; end if;
      return new;
    end $$;
    create trigger refuse before insert or update on circuit_breaker.${table}
      for each row execute function refuse_${table}();`,
  );
}

async function onServer(statement: string): Promise<void> {
  await onDatabase(SERVER_URL, statement);
}
