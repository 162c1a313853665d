import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { CircuitBreakerError } from '../../../src/core/errors.js';
import type { SqlConnection } from '../../../src/backends/postgres/sql-connection.js';
import { openAnswerStream } from '../../../src/streams/writing/gathered-answer.js';
import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { PostgresEntries } from '../../../src/streams/postgres/postgres-entries.js';
import type { StreamWake } from '../../../src/streams/stream-log.js';
import { canTestPostgres } from '../../support/postgres.js';
import { aClaim, anEnding, anExecution, chunk, outline, readEvents, viewedText } from '../contract/stream-backend.js';
import { postgresUnderTest, type PostgresUnderTest } from './sql-under-test.js';

const CUT_ALL = `select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()`;

describe.skipIf(!(await canTestPostgres()))('the stream log on a PostgreSQL that fails', () => {
  let database: PostgresUnderTest;
  let sql: SqlConnection;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await postgresUnderTest();
    sql = database.sql;
    admin = await database.connect();
  });
  afterAll(async () => {
    await admin.end();
    await database.close();
  });

  it('has the right text in the end when connections are cut while it is appended', async () => {
    const log = new EntryLog(new PostgresEntries(sql));
    const executions = Array.from({ length: 10 }, anExecution);
    const delays: unknown[] = [];
    const answers = executions.map((executionId) =>
      openAnswerStream(log, executionId, {
        claim: aClaim(),
        onFenced: (error) => {
          throw error;
        },
        onDelay: (error) => delays.push(error),
      }),
    );
    // A cut may fall between two statements, and then nobody notices it.
    let count = 0;
    for (; count < 300 || (delays.length === 0 && count < 5000); count += 1) {
      for (const answer of answers) answer.write(`${count} `);
      if (count % 20 === 10) await admin.query(CUT_ALL);
      else await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await Promise.all(answers.map((answer) => answer.end()));
    const text = Array.from({ length: count }, (_, n) => `${n} `).join('');
    for (const executionId of executions) {
      const events = await readEvents(log, executionId);
      expect(viewedText(events)).toBe(text);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
    }
    expect(delays.length).toBeGreaterThan(0);
  });

  it('stores an append once though its answer gets lost, and says so when it is repeated', async () => {
    let losing = true;
    const lossy: SqlConnection = {
      ...wrapped(sql),
      query: async (statement) => {
        const rows = await sql.query(statement);
        if (losing && statement.name?.startsWith('insert') === true)
          throw new CircuitBreakerError('UNAVAILABLE', 'cut');
        return rows as never;
      },
    };
    const log = new EntryLog(new PostgresEntries(lossy));
    const executionId = anExecution();
    await expect(log.open(executionId, aClaim())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const writer = await log.open(executionId, aClaim());
    await expect(writer.append([chunk('a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    losing = false;
    await writer.append([chunk('a')]);
    await writer.append([chunk('b')]);
    losing = true;
    await expect(log.close(executionId, anEnding())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await log.close(executionId, anEnding())).toBe(3);
    expect(outline(await readEvents(log, executionId))).toEqual([
      '0 1/1 attempt_started',
      '1 1/1 content_chunk a',
      '2 1/1 content_chunk b',
      '3 1/1 failed',
    ]);
  });

  it('tells all watchers to look again after the listening connection was cut', async () => {
    const log = new EntryLog(new PostgresEntries(sql));
    const wakes: StreamWake[][] = [[], []];
    for (const list of wakes) log.watch(anExecution(), (wake) => list.push(wake));
    await vi.waitFor(() => {
      expect(wakes.map((list) => list.length)).toEqual([1, 1]);
    });
    await admin.query(CUT_ALL);
    await vi.waitFor(
      () => {
        expect(wakes).toEqual([1, 2].map(() => [{ kind: 'changed' }, { kind: 'changed' }]));
      },
      { timeout: 10_000 },
    );
    await log.shutdown();
  });

  it('reads notifications that it does not understand as a reason to look', async () => {
    const log = new EntryLog(new PostgresEntries(sql));
    const executionId = anExecution();
    const wakes: StreamWake[] = [];
    log.watch(executionId, (wake) => wakes.push(wake));
    await vi.waitFor(() => {
      expect(wakes).toHaveLength(1);
    });
    await admin.query('select pg_notify($1, $2)', ['circuit_breaker_streams', `${executionId}\n{"from":"the future"}`]);
    await vi.waitFor(() => {
      expect(wakes).toEqual([{ kind: 'changed' }, { kind: 'changed' }]);
    });
    await log.shutdown();
  });
});

function wrapped(sql: SqlConnection): SqlConnection {
  return {
    outlivesProcess: sql.outlivesProcess,
    query: (statement) => sql.query(statement),
    listen: (channel, listener) => sql.listen(channel, listener),
    close: () => sql.close(),
  };
}
