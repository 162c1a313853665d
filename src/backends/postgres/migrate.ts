import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { CircuitBreakerError } from '../../core/errors.js';
import { hardStatements } from './hard-migrations.js';
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

interface Migration {
  readonly tag: string;
  readonly path: string;
  readonly statements: string;
  readonly hash: string;
  /** The hashes that it may have been applied under. */
  readonly knownHashes: ReadonlySet<string>;
}

/**
 * Brings the database to the schema of this version. Safe when several processes start at once: each migration is one
 * statement under an advisory lock. Throws UNAVAILABLE when the database has other migrations than the folder: a newer
 * version of the program has been here, or a file was edited after it was applied.
 */
export async function migrate(sql: SqlConnection, folder: URL = FOLDER): Promise<void> {
  const migrations = await readMigrations(folder);
  const tables = await findTables(sql);
  const applied = await readApplied(sql, tables);
  refuseForeign(applied, migrations);
  const known = new Set(applied.map(({ tag }) => tag));
  const missing = migrations.filter(({ tag }) => !known.has(tag));
  if (missing.length === 0) return;
  for (const migration of missing) await apply(sql, tables.written, migration);
  // A process of another version may have been faster.
  refuseForeign(await readApplied(sql, await findTables(sql)), migrations);
}

export interface PendingMigration {
  readonly tag: string;
  /** Statements that a release of before cannot live with. */
  readonly hard: readonly string[];
}

/**
 * What `migrate` would apply; changes nothing. Throws UNAVAILABLE where `migrate` would. `isNew`: nothing was ever applied, so no other
 * release has anything there.
 */
export async function pendingMigrations(
  sql: SqlConnection,
): Promise<{ readonly isNew: boolean; readonly pending: readonly PendingMigration[] }> {
  const migrations = await readMigrations(FOLDER);
  const applied = await readApplied(sql, await findTables(sql));
  refuseForeign(applied, migrations);
  const known = new Set(applied.map(({ tag }) => tag));
  const pending = migrations
    .filter(({ tag }) => !known.has(tag))
    .map(({ tag, statements }) => ({ tag, hard: hardStatements(statements) }));
  return { isNew: applied.length === 0, pending };
}

/** For who is to change nothing. Throws UNAVAILABLE where `migrate` would apply anything, and where it would throw. */
export async function refuseMissingMigrations(sql: SqlConnection): Promise<void> {
  const { pending } = await pendingMigrations(sql);
  if (pending.length === 0) return;
  const [first = '', last = first] = [pending[0]?.tag, pending.at(-1)?.tag];
  const missing = pending.length === 1 ? `the migration ${first}` : `${pending.length} migrations, ${first} to ${last}`;
  const message =
    `The database lacks ${missing}, of this version, and nothing is changed here, so it cannot be read: give the command of the version that runs, ` +
    'or start a process of this one first; circuit-breaker upgrade --check says whether older ones go on beside it.';
  throw new CircuitBreakerError('UNAVAILABLE', message);
}

async function readMigrations(folder: URL): Promise<readonly Migration[]> {
  const journal = JSON.parse(await readFile(new URL('meta/_journal.json', folder), 'utf8')) as Journal;
  return await Promise.all(journal.entries.map(({ tag }) => readMigration(folder, tag)));
}

/**
 * Git may give a file other line ends than it was written with: they do not count. Earlier versions hashed it as it lay
 * there, so that a database may have the hash of either form.
 */
async function readMigration(folder: URL, tag: string): Promise<Migration> {
  const url = new URL(`${tag}.sql`, folder);
  const statements = (await readFile(url, 'utf8')).replaceAll('\r\n', '\n');
  const hash = hashOf(statements);
  const knownHashes = new Set([hash, hashOf(statements.replaceAll('\n', '\r\n'))]);
  return { tag, path: fileURLToPath(url), statements, hash, knownHashes };
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Where it is noted what was applied. */
interface Tables {
  readonly written: string;
  /** Those that are there. */
  readonly read: readonly string[];
}

/**
 * By names with their schema. `"$user"` of the search path becomes a schema in the middle of a migration where the user is called
 * circuit_breaker, and at any time where an administrator makes one: the table that is there counts, and never one in our own schema,
 * but to be read: that is where earlier versions noted what such a user applied after the first.
 */
async function findTables(sql: SqlConnection): Promise<Tables> {
  const found = await sql.query<{ readonly name: string; readonly isThere: boolean; readonly isOurs: boolean }>({
    text: `select name, to_regclass(name) is not null as "isThere", schema = 'circuit_breaker' as "isOurs"
      from unnest(current_schemas(false)) with ordinality as path(schema, place),
        lateral (select format('%I.circuit_breaker_migrations', schema)) as called(name)
      order by place`,
    values: [],
  });
  const others = found.filter(({ isOurs }) => !isOurs);
  const { name } = others.find(({ isThere }) => isThere) ?? others[0] ?? { name: 'public.circuit_breaker_migrations' };
  const ours = found.filter(({ isOurs, isThere }) => isOurs && isThere).map((one) => one.name);
  return { written: name, read: [...(others.some(({ isThere }) => isThere) ? [name] : []), ...ours] };
}

async function readApplied(sql: SqlConnection, { read }: Tables): Promise<readonly Applied[]> {
  if (read.length === 0) return [];
  const text = `${read.map((table) => `select tag, hash from ${table}`).join(' union ')} order by tag`;
  return await sql.query<Applied>({ text, values: [] });
}

function refuseForeign(applied: readonly Applied[], migrations: readonly Migration[]): void {
  for (const { tag, hash } of applied) {
    const migration = migrations.find((one) => one.tag === tag);
    if (migration === undefined) throw newerDatabase(tag);
    if (!migration.knownHashes.has(hash)) throw editedMigration(migration);
  }
}

function newerDatabase(tag: string): CircuitBreakerError {
  const message =
    `The database has the migration "${tag}", which this version of the program does not know: a newer version has been here. ` +
    'Run that version, or use another database.';
  return new CircuitBreakerError('UNAVAILABLE', message);
}

function editedMigration({ tag, path }: Migration): CircuitBreakerError {
  const message =
    `The migration "${tag}" was applied to the database with other content than ${path} has, so its tables may be others than this version expects. ` +
    'Bring the file back as it was and put what was changed into a new migration, or use another database.';
  return new CircuitBreakerError('UNAVAILABLE', message);
}

/** One DO block is one statement and so one transaction, whatever connection of a pool it runs on. */
async function apply(sql: SqlConnection, table: string, { tag, hash, statements }: Migration): Promise<void> {
  const body = statements.replaceAll('--> statement-breakpoint', '');
  const block = `do $migration$ begin
    perform pg_advisory_xact_lock(hashtext('circuit_breaker_migrations'));
    create table if not exists ${table} (tag text primary key, hash text not null, applied_at timestamptz not null default now());
    if exists (select 1 from ${table} where tag = '${tag}') then return; end if;
    ${body}
    insert into ${table} (tag, hash) values ('${tag}', '${hash}');
  end $migration$`;
  await sql.query({ text: block, values: [], timeoutMs: TIMEOUT_MS });
}
