import pg from 'pg';

import { canTestNats } from './nats.js';
import { NatsServer } from './nats-server.js';
import { canTestPostgres, createTestDatabase } from './postgres.js';
import { canTestRedis } from './redis.js';
import { RedisServer } from './redis-server.js';

/** A backend of streams that can be taken away in the middle of an answer, and given back. */
export interface BreakableBackend {
  readonly url: string;
  takeAway(): Promise<void>;
  giveBack(): Promise<void>;
  stop(): Promise<void>;
}

export interface BackendKind {
  readonly name: string;
  readonly isThere: boolean;
  readonly start: () => Promise<BreakableBackend>;
}

const KINDS = {
  PostgreSQL: { canTest: canTestPostgres, start: startPostgres },
  Redis: { canTest: canTestRedis, start: async () => ofServer(await RedisServer.start({ keepsData: true })) },
  NATS: { canTest: canTestNats, start: async () => ofServer(await NatsServer.start()) },
};

export async function streamBackends(): Promise<readonly BackendKind[]> {
  return await Promise.all((['PostgreSQL', 'Redis', 'NATS'] as const).map(streamBackend));
}

export async function streamBackend(name: keyof typeof KINDS): Promise<BackendKind> {
  const { canTest, start } = KINDS[name];
  return { name, isThere: await canTest(), start };
}

function ofServer(server: RedisServer | NatsServer): BreakableBackend {
  return {
    url: server.url,
    takeAway: () => server.kill(),
    giveBack: () => server.startAgain(),
    stop: () => server.stop(),
  };
}

/** The server is everybody's: what is taken away is a database of its own, with all connections to it. */
async function startPostgres(): Promise<BreakableBackend> {
  const database = await createTestDatabase();
  const name = new URL(database.url).pathname.slice(1);
  const onServer = async (...statements: string[]) => {
    const url = new URL(database.url);
    url.pathname = '/postgres';
    const client = new pg.Client(url.href);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  return {
    url: database.url,
    takeAway: () =>
      onServer(
        `alter database ${name} with allow_connections false`,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      ),
    giveBack: () => onServer(`alter database ${name} with allow_connections true`),
    stop: () => database.drop(),
  };
}
