import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { migrate } from '../../../src/backends/postgres/migrate.js';
import { connectPg, type PgConnection } from '../../../src/backends/postgres/pg-connection.js';
import { EntryLog } from '../../../src/streams/entries/entry-log.js';
import { PostgresEntries } from '../../../src/streams/postgres/postgres-entries.js';
import type { StreamLog, StreamWake } from '../../../src/streams/stream-log.js';
import { CuttingProxy } from '../../support/cutting-proxy.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestPostgres, createTestDatabase, type TestDatabase } from '../../support/postgres.js';
import { aClaim, anExecution, chunk, outline, readEvents } from '../contract/stream-backend.js';

const QUERY_TIMEOUT_MS = 2000;
/** Longer than anything here may take, shorter than a test may. */
const WAIT = { timeout: 30_000, interval: 50 };

describe.skipIf(!(await canTestPostgres()))('the stream log on a PostgreSQL that falls silent', () => {
  let database: TestDatabase;
  let proxy: CuttingProxy;
  let sql: PgConnection;
  let log: StreamLog;
  let executionId: string;

  beforeEach(async () => {
    database = await createTestDatabase();
    const url = new URL(database.url);
    url.port ||= '5432';
    proxy = await CuttingProxy.start(url.href);
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    sql = await connectPg(url.href, { logger: new MemoryLogger(), queryTimeoutMs: QUERY_TIMEOUT_MS });
    await migrate(sql);
    log = new EntryLog(new PostgresEntries(sql, () => sql.close()));
    executionId = anExecution();
  });
  afterEach(async () => {
    await log.shutdown();
    await proxy.stop();
    await database.drop();
  });

  it('tells its callers that the server is away, and goes on when that speaks again', async () => {
    const writer = await log.open(executionId, aClaim());
    proxy.fallSilent();
    await expect(writer.append([chunk('a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(readEvents(log, executionId)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    proxy.speakAgain();
    // The append may be carried out after all: that it is repeated changes nothing.
    await vi.waitFor(() => writer.append([chunk('a')]), WAIT);
    await writer.append([chunk('b')]);
    const texts = ['1 1/1 content_chunk a', '2 1/1 content_chunk b'];
    expect(outline(await readEvents(log, executionId)).slice(1)).toEqual(texts);
  });

  it('uses no connection again on which an answer is still due', async () => {
    const sessionOf = async () => (await sql.query({ text: 'select pg_backend_pid() as session', values: [] }))[0];
    const before = await sessionOf();
    expect(await sessionOf()).toEqual(before);
    proxy.fallSilent();
    await expect(sessionOf()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    proxy.speakAgain();
    expect(await vi.waitFor(sessionOf, WAIT)).not.toEqual(before);
  });

  it('notices on the connection that only listens, and tells all watchers to look again', async () => {
    const wakes: StreamWake[] = [];
    log.watch(executionId, (wake) => wakes.push(wake));
    await vi.waitFor(() => {
      expect(wakes).toEqual([{ kind: 'changed' }]);
    });
    proxy.fallSilent();
    const opened = proxy.opened;
    await vi.waitFor(() => {
      expect(proxy.opened).toBeGreaterThan(opened);
    }, WAIT);
    proxy.speakAgain();
    await vi.waitFor(() => {
      expect(wakes.at(-1)).toEqual({ kind: 'changed' });
      expect(wakes.length).toBeGreaterThan(1);
    }, WAIT);
    await vi.waitFor(() => log.open(executionId, aClaim()), WAIT);
    await vi.waitFor(() => {
      expect(wakes.at(-1)?.kind).toBe('entry');
    }, WAIT);
  });

  it('can be shut down', async () => {
    log.watch(executionId, () => undefined);
    const writer = await log.open(executionId, aClaim());
    proxy.fallSilent();
    const appending = expect(writer.append([chunk('a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    // By then it is on its way.
    await new Promise((resolve) => setTimeout(resolve, QUERY_TIMEOUT_MS / 5));
    await log.shutdown();
    await appending;
  });
});
