import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Retention } from '../../src/reconcile/retention.js';
import { RetryLater } from '../../src/reconcile/retry-later.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { canTestPostgres, createTestDatabase, onDatabase, type TestDatabase } from '../support/postgres.js';

const ROWS = 300_000;
/** Of each kind, those whose time is over. */
const OLD = 400;
/** Of what goes along with executions. */
const FEWER = 100_000;
const DAY = 86_400_000;
const TODAY = '2027-06-30T00:00:00.000Z';

/** As many tokens and executions, every other of which has a token. */
const FILL = `
insert into circuit_breaker.tokens (id, chain_id, workflow_id, place, status, has_incident, version, created_at, event_count, event_number, document)
select 't-' || n, 'run', 'w', 'p', case when n % 10 = 0 then 'ACTIVE' else 'COMPLETED' end, false, 1, '2026-01-01T00:00:00.000Z', 1, 1,
  json_build_object('id', 't-' || n, 'status', case when n % 10 = 0 then 'ACTIVE' else 'COMPLETED' end,
    'updatedAt', case when n <= ${OLD} then '2026-01-02T00:00:00.000Z' else '2027-06-29T00:00:00.000Z' end)
from generate_series(1, ${ROWS}) n;
insert into circuit_breaker.token_events (token_id, sequence, workflow_id, type, event, feed_number)
select 't-' || n, 1, 'w', 'CREATED', '{}', n from generate_series(1, ${ROWS}) n;
insert into circuit_breaker.executions (id, agent_id, token_id, workflow_id, status, ended, created_at, last_sequence, stream_removed, revision, document)
select id, 'a', token_id, 'w', 'COMPLETED', true, '2026-01-01T00:00:00.000Z', 1, true, 0,
  json_build_object('id', id, 'agentId', 'a', 'tokenId', token_id, 'conversationId', id, 'status', 'COMPLETED', 'createdAt', '2026-01-01T00:00:00.000Z',
    'attempts', '[]'::json, 'completedAt', case when n <= ${OLD} then '2026-01-02T00:00:00.000Z' else '2027-06-29T00:00:00.000Z' end)
from generate_series(1, ${ROWS}) n,
  lateral (select case when n % 2 = 0 then 't-' || n || ':1' else 'alone-' || n end, case when n % 2 = 0 then 't-' || n end) one(id, token_id);
insert into circuit_breaker.conversations (id, agent_id, token_id, created_at)
select 't-' || n || ':1', 'a', 't-' || n, '2026-01-01T00:00:00.000Z' from generate_series(2, ${FEWER}, 2) n;
insert into circuit_breaker.messages (conversation_id, position, message)
select 't-' || n || ':1', 0, '{"role":"user","content":"x","timestamp":"2026-01-02T00:00:00.000Z"}' from generate_series(2, ${FEWER}, 2) n;
insert into circuit_breaker.turns (execution_id, turn, result) select 't-' || n || ':1', 1, '{}' from generate_series(2, ${FEWER}, 2) n;
insert into circuit_breaker.tool_calls (execution_id, turn, index, attempt, attempts)
select 't-' || n || ':1', 1, 0, 'x', 1 from generate_series(2, ${FEWER}, 2) n;
analyze`;

const READ_WHOLE = `select relname, seq_tup_read::int as read from pg_stat_user_tables where schemaname = 'circuit_breaker' and seq_tup_read > 0
  and relname in ('tokens', 'token_events', 'executions', 'conversations', 'messages', 'turns', 'tool_calls') order by relname`;
const COUNTS = `select (select count(*)::int from circuit_breaker.tokens) as tokens, (select count(*)::int from circuit_breaker.token_events) as events,
  (select count(*)::int from circuit_breaker.executions) as executions, (select count(*)::int from circuit_breaker.conversations) as conversations,
  (select count(*)::int from circuit_breaker.messages) as messages, (select count(*)::int from circuit_breaker.turns) as turns,
  (select count(*)::int from circuit_breaker.tool_calls) as calls`;

describe.skipIf(!(await canTestPostgres()))('retention in a large database', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createTestDatabase();
    const { storage } = await openStorage(database.url, { logger: new MemoryLogger() });
    await storage.close();
    await onDatabase(database.url, FILL);
    await onDatabase(database.url, 'select pg_stat_reset()');
  });
  afterAll(async () => {
    await database.drop();
  });

  it('is done by three processes at once, each thing once, and reads no table as a whole', async () => {
    const loggers = await Promise.all(
      [1, 2, 3].map(async () => {
        const logger = new MemoryLogger();
        const { storage } = await openStorage(database.url, { logger });
        const nothing = () => Promise.resolve();
        const retention = { tokens: 100 * DAY, executions: 100 * DAY, conversations: 100 * DAY };
        const parts = { storage, retention, closeStream: nothing, removeStreams: nothing, now: () => TODAY, logger };
        const one = new Retention(parts);
        const onFirstFailure = (id: string, error: unknown) => {
          throw new Error(id, { cause: error });
        };
        for (let round = 0; round < 2; round += 1)
          await one.round(new RetryLater({ now: () => TODAY, onFirstFailure }));
        // It tells of its reads when it goes.
        await storage.close();
        return logger;
      }),
    );
    expect(await onDatabase(database.url, READ_WHOLE)).toEqual([]);
    const counted = loggers.flatMap(({ lines }) => lines.map(({ facts }) => facts as Record<string, number>));
    const sum = (kind: string) => counted.reduce((all, facts) => all + (facts[kind] ?? 0), 0);
    // Of ten tokens one is active; of the others, four have an execution.
    const [tokens, executions] = [0.9 * OLD, 0.4 * OLD];
    const gone = { tokens, executions: executions + OLD / 2, conversations: executions };
    expect({ tokens: sum('tokens'), executions: sum('executions'), conversations: sum('conversations') }).toEqual(gone);
    const rest = FEWER / 2 - executions;
    expect(await onDatabase(database.url, COUNTS)).toEqual([
      {
        tokens: ROWS - tokens,
        events: ROWS - tokens,
        executions: ROWS - gone.executions,
        conversations: rest,
        messages: rest,
        turns: rest,
        calls: rest,
      },
    ]);
  });
});
