import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { migrate, refuseMissingMigrations } from '../../../src/backends/postgres/migrate.js';
import { connectPg } from '../../../src/backends/postgres/pg-connection.js';
import { PgliteConnection } from '../../../src/backends/postgres/pglite-connection.js';
import type { SqlConnection } from '../../../src/backends/postgres/sql-connection.js';
import { CircuitBreakerError } from '../../../src/core/errors.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestPostgres, createTestDatabase } from '../../support/postgres.js';

const FILE = '0001_place_agents.sql';

interface Opened {
  readonly sql: SqlConnection;
  readonly close: () => Promise<void>;
}

describe('migrations on PGlite', () => {
  migrationContract(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'migrate-'));
    const sql = await PgliteConnection.open(join(folder, 'storage'), { logger: new MemoryLogger() });
    return { sql, close: () => sql.close().then(() => rm(folder, { recursive: true })) };
  });
});

/** What whoever only looks is told. */
async function refusedBy(sql: SqlConnection): Promise<string> {
  return await refuseMissingMigrations(sql).then(
    () => 'nothing is missing',
    (error: unknown) => (error instanceof CircuitBreakerError ? `${error.code}: ${error.message}` : 'a defect'),
  );
}

describe.skipIf(!(await canTestPostgres()))('migrations on PostgreSQL', () => {
  migrationContract(async () => {
    const database = await createTestDatabase();
    const sql = await connectPg(database.url, { logger: new MemoryLogger() });
    return { sql, close: () => sql.close().then(() => database.drop()) };
  });

  it('are made by nobody who only looks: he is told which are missing', async () => {
    const database = await createTestDatabase();
    const sql = await connectPg(database.url, { logger: new MemoryLogger() });
    expect(await refusedBy(sql)).toMatch(/^UNAVAILABLE: The database lacks \d+ migrations, 0000_initial to /);
    expect(
      await sql.query({ text: `select 1 from pg_tables where schemaname = 'circuit_breaker'`, values: [] }),
    ).toEqual([]);
    await migrate(sql);
    expect(await refusedBy(sql)).toBe('nothing is missing');
    await sql.query({
      text: 'delete from circuit_breaker_migrations where tag = (select max(tag) from circuit_breaker_migrations)',
      values: [],
    });
    expect(await refusedBy(sql)).toMatch(/lacks the migration \d{4}_\w+, of this version/);
    await sql.close();
    await database.drop();
  });

  it('are applied once each where the user is called as our schema is, which the first of them makes', async () => {
    const database = await createTestDatabase();
    const url = `${database.url}?options=${encodeURIComponent('-c search_path=circuit_breaker,public')}`;
    const sql = await connectPg(url, { logger: new MemoryLogger() });
    await migrate(sql);
    await expect(migrate(sql)).resolves.toBeUndefined();
    const noted = async (schema: string) =>
      await sql.query({ text: `select tag, hash from ${schema}.circuit_breaker_migrations order by tag`, values: [] });
    const inPublic = await noted('public');
    expect(inPublic.length).toBeGreaterThan(1);
    // As earlier versions left it: the first in one place, the others in the other.
    for (const text of [
      'create table circuit_breaker.circuit_breaker_migrations (like public.circuit_breaker_migrations including all)',
      `insert into circuit_breaker.circuit_breaker_migrations select * from public.circuit_breaker_migrations where tag <> '0000_initial'`,
      `delete from public.circuit_breaker_migrations where tag <> '0000_initial'`,
    ])
      await sql.query({ text, values: [] });
    await expect(migrate(sql)).resolves.toBeUndefined();
    await sql.close();
    await database.drop();
  });
});

function migrationContract(open: () => Promise<Opened>): void {
  let database: Opened;
  let folder: string;

  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    for (const text of [
      'drop schema if exists circuit_breaker cascade',
      'drop table if exists circuit_breaker_migrations',
    ])
      await database.sql.query({ text, values: [] });
    folder = await mkdtemp(join(tmpdir(), 'migrations-'));
    await cp('src/backends/postgres/migrations', folder, { recursive: true });
    return () => rm(folder, { recursive: true });
  });

  const migrated = () => migrate(database.sql, pathToFileURL(`${folder}/`));

  async function rewrite(change: (text: string) => string): Promise<void> {
    const path = join(folder, FILE);
    await writeFile(path, change(await readFile(path, 'utf8')));
  }

  async function appliedTags(): Promise<readonly string[]> {
    const text = 'select tag from circuit_breaker_migrations order by tag';
    return (await database.sql.query<{ readonly tag: string }>({ text, values: [] })).map(({ tag }) => tag);
  }

  it('are applied once each, also when several processes start at once', async () => {
    await Promise.all([migrated(), migrated(), migrated()]);
    await migrated();
    const { entries } = JSON.parse(await readFile(join(folder, 'meta/_journal.json'), 'utf8')) as {
      readonly entries: readonly { readonly tag: string }[];
    };
    expect(await appliedTags()).toEqual(entries.map(({ tag }) => tag));
  });

  it('stop the start when one was edited after it was applied, and name its file', async () => {
    await migrated();
    await rewrite((text) => `${text}\n-- and more`);
    await expect(migrated()).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(`${FILE}.*Bring the file back`) as string,
    });
  });

  it('stop the start when a process that was faster has applied another content', async () => {
    let isFirst = true;
    const overtaken: SqlConnection = {
      outlivesProcess: database.sql.outlivesProcess,
      listen: (channel, listener) => database.sql.listen(channel, listener),
      close: () => database.sql.close(),
      query: async (statement) => {
        if (statement.text.startsWith('do ') && isFirst) {
          isFirst = false;
          await migrated();
        }
        return await database.sql.query(statement);
      },
    };
    const original = await mkdtemp(join(tmpdir(), 'migrations-'));
    await cp(folder, original, { recursive: true });
    await rewrite((text) => `${text}\n-- and more`);
    await expect(migrate(overtaken, pathToFileURL(`${original}/`))).rejects.toThrow(FILE);
    await rm(original, { recursive: true });
  });

  it('are the same with the line ends of another system', async () => {
    await migrated();
    await rewrite((text) => text.replaceAll('\n', '\r\n'));
    await expect(migrated()).resolves.toBeUndefined();
  });

  it('are the same where an earlier version noted them with the line ends of another system', async () => {
    await migrated();
    const noted = (await readFile(join(folder, FILE), 'utf8')).replaceAll('\n', '\r\n');
    const hash = createHash('sha256').update(noted).digest('hex');
    const text = `update circuit_breaker_migrations set hash = $1 where tag = '0001_place_agents'`;
    await database.sql.query({ text, values: [hash] });
    await expect(migrated()).resolves.toBeUndefined();
  });

  it('stop the start when the database has one that this version does not know', async () => {
    await migrated();
    const text = `insert into circuit_breaker_migrations (tag, hash) values ('9999_later', 'x')`;
    await database.sql.query({ text, values: [] });
    await expect(migrated()).rejects.toThrow(/"9999_later".*newer version/);
  });
}
