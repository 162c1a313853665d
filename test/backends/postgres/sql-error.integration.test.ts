import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { PgConnection } from '../../../src/backends/postgres/pg-connection.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestPostgres, createTestDatabase, type TestDatabase } from '../../support/postgres.js';

const canTest = await canTestPostgres();

describe.skipIf(!canTest)('what PostgreSQL itself refuses for its content', () => {
  let database: TestDatabase;
  let sql: PgConnection;

  beforeAll(async () => {
    database = await createTestDatabase();
    sql = new PgConnection(database.url, { logger: new MemoryLogger() });
    await sql.query({
      text: 'create table kept (short varchar(3), positive int check (positive > 0), word text)',
      values: [],
    });
    await sql.query({ text: 'create index on kept (word)', values: [] });
  });
  afterAll(async () => {
    await sql.close();
    await database.drop();
  });

  it.each([
    ['half of a surrogate pair', 'select $1::jsonb', ['"\\ud83d"']],
    ['U+0000 in JSON', 'select $1::jsonb', ['"\\u0000"']],
    ['U+0000 in a text', 'select $1::text', ['\0']],
    ['a text that is too long', 'insert into kept (short) values ($1)', ['four']],
    ['a number that is too large', 'select $1::int', ['12345678901']],
    ['what a check forbids', 'insert into kept (positive) values ($1)', [0]],
    ['what is too long for an index', 'insert into kept (word) values ($1)', [randomWord(60_000)]],
    ['what is nested too deep', 'select $1::json', ['['.repeat(100_000)]],
  ])('is STORAGE_REFUSED: %s', async (_what, text, values) => {
    await expect(sql.query({ text, values })).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
  });
});

/** PostgreSQL compresses what repeats itself. */
function randomWord(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return String.fromCharCode(33 + (state % 90));
  }).join('');
}
