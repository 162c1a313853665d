import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { PostgresEntries } from '../../../src/streams/postgres/postgres-entries.js';
import type { StreamLog } from '../../../src/streams/stream-log.js';
import type { StreamBackend } from '../contract/stream-backend.js';
import type { SqlUnderTest } from './sql-under-test.js';

/** Stream logs over one connection, and a way to lose what they have stored. */
export function sqlBackend(underTest: SqlUnderTest): StreamBackend {
  const { sql } = underTest;
  const logs: StreamLog[] = [];
  return {
    openLog: () => {
      const log = new EntryLog(new PostgresEntries(sql));
      logs.push(log);
      return log;
    },
    forget: async (executionId, from) => {
      const text = 'delete from circuit_breaker.stream_entries where execution_id = $1 and first >= $2';
      await sql.query({ text, values: [executionId, from] });
    },
    close: async () => {
      await Promise.all(logs.map((log) => log.shutdown()));
      await underTest.close();
    },
  };
}
