import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { CircuitBreakerError } from '../../core/errors.js';
import type { SqlConnection } from './sql-connection.js';

/** It may rewrite large tables, and wait for another process that does. */
const TIMEOUT_MS = 60 * 60 * 1000;
const FOLDER = new URL('migrations/', import.meta.url);

interface Journal {
  readonly entries: readonly { readonly idx: number; readonly tag: string }[];
}

interface Applied {
  readonly tag: string;
  readonly hash: string;
}

/**
 * Brings the database to the schema of this version. Safe when several processes start at once: all of it is one
 * statement under an advisory lock. Throws UNAVAILABLE when a newer version of the program has been here.
 */
export async function migrate(sql: SqlConnection): Promise<void> {
  const migrations = await readMigrations();
  const applied = await readApplied(sql);
  refuseUnknown(applied, migrations);
  const known = new Set(applied.map(({ tag }) => tag));
  for (const migration of migrations.filter(({ tag }) => !known.has(tag))) await apply(sql, migration);
}

interface Migration extends Applied {
  readonly statements: string;
}

async function readMigrations(): Promise<readonly Migration[]> {
  const journal = JSON.parse(await readFile(new URL('meta/_journal.json', FOLDER), 'utf8')) as Journal;
  return await Promise.all(
    journal.entries.map(async ({ tag }) => {
      const statements = await readFile(new URL(`${tag}.sql`, FOLDER), 'utf8');
      return { tag, statements, hash: createHash('sha256').update(statements).digest('hex') };
    }),
  );
}

async function readApplied(sql: SqlConnection): Promise<readonly Applied[]> {
  const [there] = await sql.query<{ readonly there: boolean }>({
    text: `select to_regclass('circuit_breaker_migrations') is not null as there`,
    values: [],
  });
  if (there?.there !== true) return [];
  return await sql.query<Applied>({
    text: 'select tag, hash from circuit_breaker_migrations order by tag',
    values: [],
  });
}

function refuseUnknown(applied: readonly Applied[], migrations: readonly Migration[]): void {
  const unknown = applied.find(({ tag }) => !migrations.some((migration) => migration.tag === tag));
  if (unknown === undefined) return;
  const message =
    `The database has the migration "${unknown.tag}", which this version of the program does not know: a newer version has been here. ` +
    'Run that version, or use another database.';
  throw new CircuitBreakerError('UNAVAILABLE', message);
}

/** One DO block is one statement and so one transaction, whatever connection of a pool it runs on. */
async function apply(sql: SqlConnection, { tag, hash, statements }: Migration): Promise<void> {
  const body = statements.replaceAll('--> statement-breakpoint', '');
  const block = `do $migration$ begin
    perform pg_advisory_xact_lock(hashtext('circuit_breaker_migrations'));
    create table if not exists circuit_breaker_migrations (tag text primary key, hash text not null, applied_at timestamptz not null default now());
    if exists (select 1 from circuit_breaker_migrations where tag = '${tag}') then return; end if;
    ${body}
    insert into circuit_breaker_migrations (tag, hash) values ('${tag}', '${hash}');
  end $migration$`;
  await sql.query({ text: block, values: [], timeoutMs: TIMEOUT_MS });
}
