import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { graphql } from '../support/api-client.js';
import { Installation, Surroundings } from '../support/installation.js';
import { canTestNats } from '../support/nats.js';
import { NatsServer } from '../support/nats-server.js';
import { canTestRedis } from '../support/redis.js';
import { RedisServer } from '../support/redis-server.js';
import { workerKilledAt } from './stream-faults/stream-faults-contract.js';

const CHUNKS = 40;

/** All keys and values of a server, as one text. */
async function allOnRedis(url: string): Promise<string> {
  const client = createClient({ url });
  await client.connect();
  let all = '';
  for await (const keys of client.scanIterator()) {
    for (const key of keys) {
      // A dump has the value whatever its type, and short texts as they are.
      all += `${key}\n${await client.dump(key)}\n`;
      if ((await client.type(key)) === 'string') all += `${String(await client.get(key))}\n`;
    }
  }
  client.destroy();
  return all;
}

/** All subjects and messages of a server, as one text. */
async function allOnNats(url: string): Promise<string> {
  const connection = await connect({ servers: new URL(url).host });
  const { streams } = await jetstreamManager(connection);
  let all = '';
  for await (const { config, state } of streams.list()) {
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await streams.getMessage(config.name, { seq }).catch(() => null);
      if (message !== null) all += `${message.subject}\n${message.string()}\n`;
    }
  }
  await connection.close();
  return all;
}

const KINDS = [
  {
    name: 'Redis',
    tag: 'on-redis',
    isThere: await canTestRedis(),
    start: () => RedisServer.start({ keepsData: true }),
    all: allOnRedis,
  },
  { name: 'NATS', tag: 'on-nats', isThere: await canTestNats(), start: () => NatsServer.start(), all: allOnNats },
] as const;

describe.each(KINDS)('agents, executions and streams on $name', ({ name, tag, isThere, start, all }) => {
  describe.skipIf(!isThere)('beside PostgreSQL', () => {
    let surroundings: Surroundings;
    let server: RedisServer | NatsServer;
    let here: Installation;

    beforeAll(async () => {
      [surroundings, server] = await Promise.all([Surroundings.start({ chunks: CHUNKS }), start()]);
      const places = { streamUrl: server.url, agentStorageUrl: server.url };
      here = await Installation.start(surroundings, `elsewhere-${name}`, places);
    });
    afterAll(async () => {
      await here.stop();
      await Promise.all([surroundings.stop(), server.stop()]);
    });

    it(
      'survive a worker that is killed in mid-answer, and nothing of a token is left there once it is deleted',
      { tags: ['worker-killed', 'on-postgres', tag] },
      async () => {
        const { tokenId, executionId } = await workerKilledAt({ here, prose: surroundings.prose }, CHUNKS / 2);
        const before = await all(server.url);
        expect(before).toContain(executionId);
        const { deleteToken } = await graphql<{ deleteToken: boolean }>(
          here.address,
          'mutation ($id: String!) { deleteToken(id: $id) }',
          { id: tokenId },
        );
        expect(deleteToken).toBe(true);
        const after = await all(server.url);
        for (const trace of [tokenId, executionId]) expect(after).not.toContain(trace);
        // What is everybody's is still there.
        expect(after).toContain('writer');
      },
    );
  });
});
