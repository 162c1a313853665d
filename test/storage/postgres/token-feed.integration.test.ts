import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openStorage } from '../../../src/storage/open-storage.js';
import { ENTER_FEED, FEED_NUMBER } from '../../../src/storage/postgres/token-feed.js';
import type { Storage } from '../../../src/storage/storage.js';
import { aDefinition, aToken, NOW } from '../../support/builders.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestPostgres, createTestDatabase, type TestDatabase } from '../../support/postgres.js';

describe.skipIf(!(await canTestPostgres()))('the feed of token events on PostgreSQL', () => {
  let database: TestDatabase;
  let storage: Storage;

  beforeAll(async () => {
    database = await createTestDatabase();
    ({ storage } = await openStorage(database.url, { logger: new MemoryLogger() }));
  });
  afterAll(async () => {
    await storage.close();
    await database.drop();
  });

  async function record(id: string): Promise<void> {
    const event = { type: 'CREATED', version: 1, place: 'submitted', timestamp: NOW, number: 1 } as const;
    const token = aToken(aDefinition(), { id });
    await storage.tokens.record({ token, runId: 'run', events: [event], executions: [] });
  }

  async function inTransaction(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query('begin');
      await use(client);
    } finally {
      await client.end();
    }
  }

  it.each([
    ['the same database', () => database.url],
    [
      'another database of the server',
      () => process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
    ],
  ])('is not held up by what others have under way in %s', async (where, url) => {
    const { position } = await storage.tokens.readFeed(undefined, 1);
    await inTransaction(url(), async (client) => {
      await client.query('create temporary table batch_job as select pg_current_xact_id()');
      await record(`beside-${where.length}`);
      const { events, isBehind } = await storage.tokens.readFeed(position, 10);
      expect(events.map(({ tokenId }) => tokenId)).toEqual([`beside-${where.length}`]);
      expect(isBehind).toBe(false);
    });
  });

  it('waits for a writer that has taken an earlier number, however it ends', async () => {
    for (const end of ['commit', 'rollback']) {
      const { position } = await storage.tokens.readFeed(undefined, 1);
      await record(`after-${end}`);
      const later = await storage.tokens.readFeed(position, 10);
      expect(later.events).toHaveLength(1);
      await inTransaction(database.url, async (client) => {
        await client.query(
          `with feed as materialized (${ENTER_FEED})
           insert into circuit_breaker.token_events (token_id, sequence, workflow_id, type, event, feed_number)
           select 'slow-${end}', 1, 'review', 'CREATED', '{}', ${FEED_NUMBER} from feed`,
        );
        await record(`behind-${end}`);
        expect(await storage.tokens.readFeed(later.position, 10)).toMatchObject({ events: [], isBehind: true });
        await client.query(end);
        const { events } = await storage.tokens.readFeed(later.position, 10);
        const shown = end === 'commit' ? [`slow-${end}`, `behind-${end}`] : [`behind-${end}`];
        expect(events.map(({ tokenId }) => tokenId)).toEqual(shown);
      });
    }
  });

  it('skips nothing while many write, roll back and read at once', async () => {
    const { position: begin } = await storage.tokens.readFeed(undefined, 1);
    const over = new AbortController();
    const abandoned = (async () => {
      while (!over.signal.aborted)
        await inTransaction(database.url, async (client) => {
          await client.query(`with feed as materialized (${ENTER_FEED}) select ${FEED_NUMBER} from feed`);
        });
    })();
    const writing = Promise.all(Array.from({ length: 200 }, (_, n) => record(`many-${n}`))).finally(() => {
      over.abort();
    });
    const seen: string[] = [];
    let position = begin;
    while (seen.length < 200) {
      const page = await storage.tokens.readFeed(position, 50);
      seen.push(...page.events.map(({ tokenId }) => tokenId));
      ({ position } = page);
    }
    await Promise.all([writing, abandoned]);
    expect(new Set(seen).size).toBe(200);
  });
});
