import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { SqlConnection, SqlStatement } from '../../../src/backends/postgres/sql-connection.js';
import { PostgresAnswerCacheStore } from '../../../src/storage/postgres/answer-cache.js';
import { postgresUnderTest, type SqlUnderTest } from '../../streams/postgres/sql-under-test.js';
import { canTestPostgres } from '../../support/postgres.js';

const ANSWERS = 100_000;
const AGENTS = 40;
const OF_ONE = ANSWERS / AGENTS;
const EXPIRED = 1200;
const MEGABYTE = 1024 * 1024;
const LARGE = 20;

/** Answers of many agents, of which one has those of a megabyte; some are over. */
const FILL = `insert into circuit_breaker.cached_answers (key, agent_id, execution_id, kept_at, expires_at, answer)
select 'answer-' || n, 'agent-' || n % ${AGENTS}, 'execution-' || n, now() - interval '1 minute',
  case when n > ${ANSWERS - EXPIRED} then now() - interval '1 second' else now() + interval '1 day' end,
  json_build_object('text', case when n % ${AGENTS} = 1 and n <= ${LARGE * AGENTS} then repeat('a', ${MEGABYTE}) else 'Fine.' end, 'warnings', '[]'::json)
from generate_series(1, ${ANSWERS}) n`;

interface Sent extends SqlStatement {
  readonly rows: number;
  readonly bytes: number;
}

/** Notes what is sent, and how much comes back. */
function noted(sql: SqlConnection, sent: Sent[]): SqlConnection {
  return {
    outlivesProcess: sql.outlivesProcess,
    query: async <Row extends object>(statement: SqlStatement) => {
      const rows = await sql.query<Row>(statement);
      sent.push({ ...statement, rows: rows.length, bytes: JSON.stringify(rows).length });
      return rows;
    },
    listen: (channel, listener) => sql.listen(channel, listener),
    close: () => sql.close(),
  };
}

/** PGlite runs the same statements, and takes long to be filled. */
describe.skipIf(!(await canTestPostgres()))('a hundred thousand answers on PostgreSQL', () => {
  let database: SqlUnderTest;
  let store: PostgresAnswerCacheStore;
  const sent: Sent[] = [];

  beforeAll(async () => {
    database = await postgresUnderTest();
    store = new PostgresAnswerCacheStore(noted(database.sql, sent));
    await database.sql.query({ text: FILL, values: [], timeoutMs: 60_000 });
    await database.sql.query({ text: 'analyze circuit_breaker.cached_answers', values: [] });
  });
  afterAll(() => database.close());
  beforeEach(() => {
    sent.length = 0;
  });

  /** How the database goes about what was sent, without doing it again. */
  async function plansOf(statements: readonly Sent[]): Promise<readonly string[]> {
    const plans = statements.map(async ({ text, values }) => {
      const plan = await database.sql.query({ text: `explain (format json) ${text}`, values });
      return JSON.stringify(plan);
    });
    return await Promise.all(plans);
  }

  async function expectNoScan(): Promise<void> {
    const ofAnswers = sent.filter(({ text }) => text.includes('cached_answers'));
    expect(ofAnswers).not.toEqual([]);
    for (const plan of await plansOf(ofAnswers)) {
      expect(plan).not.toMatch(/"Node Type":"Seq Scan","[^}]*"Relation Name":"cached_answers"/);
    }
  }

  const taking = { maxAgeSeconds: 3600, agentId: 'agent-0', owner: 'asker 1', holder: 'asker 1 1', leaseMs: 60_000 };

  it('are looked through by an index for one, whether it is there, and for many that wait', async () => {
    const found = await store.take({ ...taking, key: 'answer-50000' });
    expect(found).toMatchObject({ type: 'answered', answer: { executionId: 'execution-50000' } });
    expect(await store.take({ ...taking, key: 'answer-none' })).toEqual({ type: 'held' });
    await store.keep({ ...taking, key: 'answer-none', executionId: 'e', text: 'Fine.', warnings: [], ttlSeconds: 60 });
    const wanted = Array.from({ length: 1000 }, (_, n) => ({ key: `answer-${n + 50_000}`, maxAgeSeconds: 3600 }));
    const progress = await store.progress(wanted);
    expect(progress.every((one) => one === 'answered')).toBe(true);
    await expectNoScan();
  });

  it('give one of a megabyte to who asks for it, and to nobody else', async () => {
    const found = await store.take({ ...taking, key: 'answer-1' });
    expect(found.type === 'answered' && found.answer.text.length).toBe(MEGABYTE);
    sent.length = 0;
    await store.progress([{ key: 'answer-1', maxAgeSeconds: 3600 }]);
    expect(sent.every(({ bytes }) => bytes < 1000)).toBe(true);
  });

  it('go when their time is over, as many at a time as are asked for', async () => {
    expect(await store.removeExpired(500)).toBe(500);
    await expectNoScan();
    expect(await store.removeExpired(500)).toBe(500);
    expect(await store.removeExpired(500)).toBe(EXPIRED - 1000);
    expect(await store.removeExpired(500)).toBe(0);
    expect(sent.every(({ bytes }) => bytes < 1000)).toBe(true);
  });

  it('go when they are purged, in steps that each take a thousand, and nothing of them comes here', async () => {
    const purged = OF_ONE - EXPIRED / AGENTS;
    expect(await store.purge('agent-1')).toBe(purged);
    const steps = sent.filter(({ text }) => text.includes('cached_answers'));
    expect(steps).toHaveLength(Math.ceil(purged / 1000));
    expect(steps.every(({ bytes }) => bytes < 1000)).toBe(true);
    await expectNoScan();
    expect(await store.purge('agent-1')).toBe(0);
    const [left] = await database.sql.query<{ count: number }>({
      text: 'select count(*)::int as count from circuit_breaker.cached_answers',
      values: [],
    });
    expect(left?.count).toBe(ANSWERS - purged - EXPIRED + 1);
  });
});
