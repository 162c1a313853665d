import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { migrate } from '../../../src/backends/postgres/migrate.js';
import { connectPg, type PgConnection } from '../../../src/backends/postgres/pg-connection.js';
import { PostgresWorkerPresence } from '../../../src/storage/postgres/worker-presence.js';
import type { GoneWorker, PresentWorker } from '../../../src/storage/worker-presence.js';
import { CuttingProxy } from '../../support/cutting-proxy.js';
import { eventually } from '../../support/eventually.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestPostgres, createTestDatabase, onDatabase, type TestDatabase } from '../../support/postgres.js';
import { PostgresServer } from '../../support/postgres-server.js';

/** Time enough for a cut connection to come back, also beside much else. */
const TIMES = { lookEveryMs: 50, graceMs: 4000, settleMs: 5000 };
const CUTS = 50;

interface TestWorker {
  readonly worker: PresentWorker;
  readonly sql: PgConnection;
  readonly line: CuttingProxy;
}

describe.skipIf(!(await canTestPostgres()))('workers on one PostgreSQL', { tags: ['on-postgres'] }, () => {
  let url: string;
  let database: TestDatabase;
  const workers: TestWorker[] = [];
  /** Each call that was taken from a worker, with its worker's name. */
  const taken: string[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    url = database.url;
    await withTables();
  });
  afterEach(async () => {
    for (const { worker, sql, line } of workers.splice(0)) {
      line.mend();
      await worker.leave();
      await sql.close();
      await line.stop();
    }
    await database.drop();
    taken.length = 0;
  });

  async function withTables(): Promise<void> {
    const sql = await connectPg(url, { logger: new MemoryLogger() });
    await migrate(sql);
    await sql.close();
  }

  async function join(name: string, queryTimeoutMs = 10_000): Promise<TestWorker> {
    const line = await CuttingProxy.start(url);
    const way = new URL(url);
    way.port = String(line.port);
    const sql = await connectPg(way.href, { logger: new MemoryLogger(), queryTimeoutMs });
    const worker = new PostgresWorkerPresence(sql.openSession, TIMES).join({
      name,
      onGone: ({ name: gone, calls }) => taken.push(...calls.map((call) => `${gone}: ${call}`)),
    });
    workers.push({ worker, sql, line });
    return { worker, sql, line };
  }

  async function hasTold(...calls: readonly string[]): Promise<void> {
    await eventually(async () => {
      const rows = await onDatabase(url, 'select call from circuit_breaker.worker_calls order by call');
      expect(rows.map(({ call }) => call)).toEqual(calls);
    });
  }

  /** Not counting connections that are cut, of which the server has heard by now. */
  async function areLocked(workers: number): Promise<void> {
    const text = `select count(distinct objid) as locks from pg_locks l join pg_database d on d.oid = l.database
      where locktype = 'advisory' and granted and datname = current_database()`;
    await eventually(async () => {
      expect(await onDatabase(url, text)).toEqual([{ locks: String(workers) }]);
    });
  }

  async function missing(): Promise<readonly unknown[]> {
    const text = 'select name from circuit_breaker.present_workers where missing_since is not null';
    return (await onDatabase(url, text)).map(({ name }) => name);
  }

  it('take over what one that is gone was at, each call once, and nothing that had ended', async () => {
    const [dies] = [await join('dies'), await join('one'), await join('two')];
    for (let call = 100; call < 150; call += 1) {
      const end = dies.worker.began(String(call));
      if (call >= 120) end();
    }
    const told = Array.from({ length: 20 }, (_, index) => String(100 + index));
    await hasTold(...told);
    dies.worker.began('that ends')();
    dies.line.goAway();
    await eventually(() => {
      expect(taken.length).toBeGreaterThanOrEqual(20);
    });
    await hasTold();
    expect(taken.sort()).toEqual(told.map((call) => `dies: ${call}`));
  });

  it('leave one alone whose connection is cut fifty times, and comes back', async () => {
    const [cut, dies] = [await join('cut'), await join('dies'), await join('watches')];
    cut.worker.began('goes on');
    dies.worker.began('is taken');
    await hasTold('goes on', 'is taken');
    for (let count = 0; count < CUTS; count += 1) {
      cut.line.cutAll();
      await areLocked(3);
    }
    await hasTold('goes on', 'is taken');
    dies.line.goAway();
    await eventually(() => {
      expect(taken).toEqual(['dies: is taken']);
    });
    await eventually(async () => {
      expect(await missing()).toEqual(['dies']);
    });
    await hasTold('goes on');
  });

  it('leave one alone whose connection was lost without a word, also when the server hears of that later', async () => {
    const [lost, dies] = [await join('lost', 1000), await join('dies'), await join('watches')];
    const id = async () => {
      const rows = await onDatabase(url, `select id from circuit_breaker.present_workers where name = 'lost'`);
      return rows[0]?.['id'];
    };
    lost.worker.began('goes on');
    const over = lost.worker.began('ends meanwhile');
    dies.worker.began('is taken');
    await hasTold('ends meanwhile', 'goes on', 'is taken');
    const first = await id();
    lost.line.forgetAll();
    over();
    await eventually(async () => {
      expect(await id()).not.toBe(first);
    });
    const held = `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and objid = ${String(first)}`;
    expect(await onDatabase(url, held)).toHaveLength(1);
    dies.line.goAway();
    await eventually(() => {
      expect(taken).toEqual(['dies: is taken']);
    });
    await hasTold('goes on');
  });

  it('are told of nobody who says goodbye', async () => {
    const [leaves, dies] = [await join('leaves'), await join('dies'), await join('watches')];
    leaves.worker.began('is handed back');
    dies.worker.began('is taken');
    await hasTold('is handed back', 'is taken');
    await leaves.worker.leave();
    dies.line.goAway();
    await eventually(() => {
      expect(taken).toEqual(['dies: is taken']);
    });
  });

  it('take from one that lives on beyond their reach once, not again within a minute', async () => {
    const [far, dies] = [await join('far'), await join('dies'), await join('watches')];
    far.worker.began('first');
    dies.worker.began('is taken');
    await hasTold('first', 'is taken');
    far.line.goAway();
    await eventually(() => {
      expect(taken).toEqual(['far: first']);
    });
    far.line.comeBack();
    await eventually(async () => {
      expect(await missing()).toEqual([]);
    });
    far.worker.began('second');
    await hasTold('first', 'is taken', 'second');
    far.line.goAway();
    await eventually(async () => {
      expect(await missing()).toEqual(['far']);
    });
    dies.line.goAway();
    await eventually(() => {
      expect(taken).toEqual(['far: first', 'dies: is taken']);
    });
  });
});

describe.skipIf(!(await canTestPostgres()))('a hundred workers at once', { tags: ['on-postgres'] }, () => {
  const [WORKERS, DYING] = [100, 10];

  it('take over what those were at that are gone, each call once, and leave each other alone', async () => {
    const server = await PostgresServer.start({ maxConnections: 200 });
    const [living, dying] = [await CuttingProxy.start(server.url), await CuttingProxy.start(server.url)];
    const taken: string[] = [];
    const connections: PgConnection[] = [];
    const present: PresentWorker[] = [];
    const connected = async (line: CuttingProxy) => {
      const sql = await connectPg(server.url.replace(String(server.port), String(line.port)), {
        logger: new MemoryLogger(),
      });
      connections.push(sql);
      return sql;
    };
    try {
      const [stay, go] = [await connected(living), await connected(dying)];
      await migrate(stay);
      for (let nth = 0; nth < WORKERS; nth += 1) {
        const onGone = ({ name, calls }: GoneWorker) => taken.push(...calls.map((call) => `${name}: ${call}`));
        const { openSession } = nth < DYING ? go : stay;
        const worker = new PostgresWorkerPresence(openSession, TIMES).join({ name: String(nth), onGone });
        for (const call of ['one', 'two']) worker.began(`${nth} ${call}`);
        present.push(worker);
      }
      await told(server.url, 2 * WORKERS);
      living.cutAll();
      dying.goAway();
      await told(server.url, 2 * (WORKERS - DYING));
      const expected = Array.from({ length: DYING }, (_, nth) => [`${nth}: ${nth} one`, `${nth}: ${nth} two`]);
      await eventually(() => {
        expect(taken.toSorted()).toEqual(expected.flat().toSorted());
      });
    } finally {
      dying.mend();
      await Promise.all(present.map((worker) => worker.leave()));
      for (const sql of connections) await sql.close();
      await Promise.all([living.stop(), dying.stop()]);
      await server.stop();
    }
  });
});

async function told(url: string, calls: number): Promise<void> {
  await eventually(async () => {
    expect(await onDatabase(url, 'select 1 from circuit_breaker.worker_calls')).toHaveLength(calls);
  });
}

describe.skipIf(!(await canTestPostgres()))('a PostgreSQL that is restarted', { tags: ['on-postgres'] }, () => {
  it('has nobody missed who comes back to it, though all were away', async () => {
    const server = await PostgresServer.start();
    const gone: string[] = [];
    const connections: PgConnection[] = [];
    const present: PresentWorker[] = [];
    try {
      for (const name of ['one', 'two', 'three']) {
        const sql = await connectPg(server.url, { logger: new MemoryLogger() });
        await migrate(sql);
        connections.push(sql);
        const presence = new PostgresWorkerPresence(sql.openSession, { ...TIMES, graceMs: 1 });
        present.push(presence.join({ name, onGone: ({ name: lost }) => gone.push(lost) }));
      }
      for (const worker of present) worker.began('goes on');
      await told(server.url, 3);
      for (let restart = 0; restart < 3; restart += 1) {
        await server.kill();
        await server.startAgain();
        await told(server.url, 3);
      }
      expect(gone).toEqual([]);
    } finally {
      for (const worker of present) await worker.leave();
      for (const sql of connections) await sql.close();
      await server.stop();
    }
  });
});
