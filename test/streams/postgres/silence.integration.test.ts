import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { StreamWake } from '../../../src/streams/stream-log.js';
import { eventually } from '../../support/eventually.js';
import { canTestPostgres } from '../../support/postgres.js';
import { aClaim, anExecution, chunk } from '../contract/stream-backend.js';
import { faultyPostgres, QUERY_TIMEOUT_MS, type FaultyPostgres } from './faulty-postgres.js';

describe.skipIf(!(await canTestPostgres()))('the stream log on a PostgreSQL that falls silent', () => {
  let server: FaultyPostgres;
  const executionId = anExecution();

  beforeEach(async () => {
    server = await faultyPostgres();
  });
  afterEach(() => server.stop());

  it('uses no connection again on which an answer is still due', async () => {
    const sql = await server.connect();
    const sessionOf = async () => (await sql.query({ text: 'select pg_backend_pid() as session', values: [] }))[0];
    const before = await sessionOf();
    expect(await sessionOf()).toEqual(before);
    await server.freeze();
    await expect(sessionOf()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    server.thaw();
    expect(await eventually(sessionOf)).not.toEqual(before);
    await sql.close();
  });

  it('notices on the connection that only listens, and tells all watchers to look again', async () => {
    const log = await server.openLog();
    const wakes: StreamWake[] = [];
    log.watch(executionId, (wake) => wakes.push(wake));
    await eventually(() => {
      expect(wakes).toEqual([{ kind: 'changed' }]);
    });
    await server.freeze();
    const { opened } = server.proxy;
    await eventually(() => {
      expect(server.proxy.opened).toBeGreaterThan(opened);
    });
    server.thaw();
    await eventually(() => {
      expect(wakes.at(-1)).toEqual({ kind: 'changed' });
      expect(wakes.length).toBeGreaterThan(1);
    });
    await eventually(() => log.open(executionId, aClaim()));
    await eventually(() => {
      expect(wakes.at(-1)?.kind).toBe('entry');
    });
    await log.shutdown();
  });

  it('can be shut down', async () => {
    const log = await server.openLog();
    log.watch(executionId, () => undefined);
    const writer = await log.open(executionId, aClaim());
    await server.freeze();
    const appending = expect(writer.append([chunk('a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    // By then it is on its way.
    await delay(QUERY_TIMEOUT_MS / 5);
    await log.shutdown();
    await appending;
  });
});
