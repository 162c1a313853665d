import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { SqlConnection } from '../../../src/backends/postgres/sql-connection.js';
import { CircuitBreakerError } from '../../../src/core/errors.js';
import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { PostgresEntries } from '../../../src/streams/postgres/postgres-entries.js';
import type { StreamWake } from '../../../src/streams/stream-log.js';
import { eventually } from '../../support/eventually.js';
import { canTestPostgres } from '../../support/postgres.js';
import { streamFaultContract } from '../contract/faults.js';
import { refusalContract } from '../contract/refusal.js';
import { aClaim, anEnding, anExecution, chunk, outline, readEvents } from '../contract/stream-backend.js';
import { faultyPostgres } from './faulty-postgres.js';
import { postgresUnderTest, type PostgresUnderTest } from './sql-under-test.js';

/** Carries everything out; the answer to an insert is lost while `isLosing` says so. */
function lossy(sql: SqlConnection, isLosing: () => boolean): SqlConnection {
  return {
    outlivesProcess: sql.outlivesProcess,
    query: async (statement) => {
      const rows = await sql.query(statement);
      if (isLosing() && statement.name?.startsWith('insert') === true) {
        throw new CircuitBreakerError('UNAVAILABLE', 'cut');
      }
      return rows as never;
    },
    listen: (channel, listener) => sql.listen(channel, listener),
    close: () => sql.close(),
  };
}

describe.skipIf(!(await canTestPostgres()))('with a server', () => {
  streamFaultContract('PostgreSQL', faultyPostgres);

  describe('the stream log on PostgreSQL', () => {
    let database: PostgresUnderTest;

    beforeAll(async () => {
      database = await postgresUnderTest();
    });
    afterAll(() => database.close());

    it(
      'stores an append once though its answer gets lost, and says so when it is repeated',
      { tags: ['answer-lost', 'on-postgres'] },
      async () => {
        let isLosing = true;
        const log = new EntryLog(new PostgresEntries(lossy(database.sql, () => isLosing)));
        const executionId = anExecution();
        await expect(log.open(executionId, aClaim())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        const writer = await log.open(executionId, aClaim());
        await expect(writer.append([chunk('a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        isLosing = false;
        await writer.append([chunk('a')]);
        await writer.append([chunk('b')]);
        isLosing = true;
        await expect(log.close(executionId, anEnding())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        expect(await log.close(executionId, anEnding())).toBe(3);
        expect(outline(await readEvents(log, executionId))).toEqual([
          '0 1/1 attempt_started',
          '1 1/1 content_chunk a',
          '2 1/1 content_chunk b',
          '3 1/1 failed',
        ]);
      },
    );

    it('reads notifications that it does not understand as a reason to look', async () => {
      const log = new EntryLog(new PostgresEntries(database.sql));
      const executionId = anExecution();
      const wakes: StreamWake[] = [];
      log.watch(executionId, (wake) => wakes.push(wake));
      await eventually(() => {
        expect(wakes).toHaveLength(1);
      });
      const payload = `${executionId}\n{"from":"the future"}`;
      await database.sql.query({ text: 'select pg_notify($1, $2)', values: ['circuit_breaker_streams', payload] });
      await eventually(() => {
        expect(wakes).toEqual([{ kind: 'changed' }, { kind: 'changed' }]);
      });
      await log.shutdown();
    });
  });
});

refusalContract('postgres://user:secret@127.0.0.1:1/db', 'PostgreSQL at 127.0.0.1:1');
