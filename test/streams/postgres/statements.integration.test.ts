import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { SqlConnection, SqlStatement } from '../../../src/backends/postgres/sql-connection.js';
import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { PostgresEntries } from '../../../src/streams/postgres/postgres-entries.js';
import {
  insertEntries,
  readEntry,
  readPages,
  readTail,
  removeEntries,
} from '../../../src/streams/postgres/statements.js';
import { canTestPostgres } from '../../support/postgres.js';
import { aClaim, anExecution, chunk, readEvents } from '../contract/stream-backend.js';
import { postgresUnderTest, type PostgresUnderTest } from './sql-under-test.js';

describe.skipIf(!(await canTestPostgres()))('the statements of the stream log', () => {
  let database: PostgresUnderTest;
  let sql: SqlConnection;
  let client: pg.Client;

  beforeAll(async () => {
    database = await postgresUnderTest();
    sql = database.sql;
    client = await database.connect();
    await client.query('set plan_cache_mode = force_generic_plan');
  });
  afterAll(async () => {
    await client.end();
    await database.close();
  });

  const statements = [
    insertEntries('[]', false),
    readTail('doc-1', 1),
    readEntry('doc-1', 0),
    readPages([{ id: 'doc-1', start: 0, size: 1 }]),
    removeEntries(['doc-1']),
  ];

  async function plansOf(kind: string): Promise<string> {
    let plans = '';
    for (const { name, text, values } of statements) {
      await client.query(`prepare ${kind}_${name ?? ''} as ${text}`);
      const args = values.map((value) => (typeof value === 'string' ? pg.escapeLiteral(value) : String(value)));
      const explained = await client.query<{ 'QUERY PLAN': string }>(
        `explain execute ${kind}_${name ?? ''}(${args.join()})`,
      );
      plans += explained.rows.map((row) => row['QUERY PLAN']).join('\n');
    }
    return plans;
  }

  // A plan that was prepared while the table was empty stays for as long as nobody analyses it; on PGlite nobody does.
  it('find their rows by the primary key, prepared on an empty table', async () => {
    const plans = await plansOf('empty');
    expect(plans).toContain('Index Cond: (execution_id');
    expect(plans).not.toContain('Seq Scan on stream_entries');
  });

  it('find their rows by the primary key in a table of many executions and of one that is long', async () => {
    await client.query(`insert into circuit_breaker.stream_entries
      select 'doc-' || (case when n % 2 = 0 then 0 else n end), n, n, 1, 'o', 1, 1, false, now(), '[]' from generate_series(1, 50000) n`);
    await client.query('analyze circuit_breaker.stream_entries');
    const plans = await plansOf('full');
    expect(plans).toContain('Index Cond: (execution_id');
    expect(plans).not.toContain('Seq Scan on stream_entries');
  });

  it('leave the connection as strict about commits as it was', async () => {
    const one: SqlConnection = {
      outlivesProcess: true,
      query: async ({ text, values }: SqlStatement) => (await client.query(text, [...values])).rows as never,
      listen: () => () => undefined,
      close: () => Promise.resolve(),
    };
    const writer = await new EntryLog(new PostgresEntries(one)).open(anExecution(), aClaim());
    await writer.append([chunk('a')]);
    expect((await client.query('show synchronous_commit')).rows).toEqual([{ synchronous_commit: 'on' }]);
  });

  it('store entries of every size around the limit of a notification', async () => {
    const log = new EntryLog(new PostgresEntries(sql));
    const executionId = anExecution();
    const writer = await log.open(executionId, aClaim());
    for (let length = 7600; length < 8100; length += 7) {
      await writer.append([chunk('x'.repeat(length))]);
      await writer.append([chunk('ü"'.repeat(length / 4))]);
    }
    expect(await readEvents(log, executionId)).toHaveLength(145);
  });
});
