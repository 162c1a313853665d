import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { migrate } from '../../../src/backends/postgres/migrate.js';
import { connectPg, type PgConnection } from '../../../src/backends/postgres/pg-connection.js';
import { eventually } from '../../support/eventually.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestPostgres, createTestDatabase, type TestDatabase } from '../../support/postgres.js';

const QUERY_TIMEOUT_MS = 1000;
const WAITING = `select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

describe.skipIf(!(await canTestPostgres()))('a statement on PostgreSQL that takes long', () => {
  let database: TestDatabase;
  let sql: PgConnection;
  let admin: pg.Client;

  beforeEach(async () => {
    database = await createTestDatabase();
    sql = await connectPg(database.url, { logger: new MemoryLogger(), queryTimeoutMs: QUERY_TIMEOUT_MS });
    admin = new pg.Client(database.url);
    await admin.connect();
  });
  afterEach(async () => {
    await admin.end();
    await sql.close();
    await database.drop();
  });

  async function isWaiting(): Promise<boolean> {
    return (await admin.query(WAITING)).rows.length > 0;
  }

  it(
    'is given up with UNAVAILABLE, and does not go on in the server',
    { tags: ['storage-slow', 'on-postgres'] },
    async () => {
      await admin.query('create table kept (id int)');
      await admin.query('begin');
      await admin.query('lock table kept');
      const reading = sql.query({ text: 'select * from kept', values: [] });
      await expect(reading).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(reading).rejects.toThrow(/timeout/);
      await eventually(async () => {
        expect(await isWaiting()).toBe(false);
      });
      await admin.query('rollback');
    },
  );

  it('has the time that it says it needs', async () => {
    const text = 'select pg_sleep(2)::text as slept';
    expect(await sql.query({ text, values: [], timeoutMs: 60_000 })).toEqual([{ slept: '' }]);
  });

  it('waits its turn as long as it has to when it is a migration', async () => {
    await admin.query(`select pg_advisory_lock(hashtext('circuit_breaker_migrations'))`);
    const migrating = migrate(sql);
    await eventually(async () => {
      expect(await isWaiting()).toBe(true);
    });
    await new Promise((resolve) => setTimeout(resolve, 2 * QUERY_TIMEOUT_MS));
    await admin.query('select pg_advisory_unlock_all()');
    await expect(migrating).resolves.toBeUndefined();
  });
});
