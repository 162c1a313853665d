import { createClient } from '@redis/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openStreamLog } from '../../../src/streams/open-stream-log.js';
import type { StreamLog } from '../../../src/streams/stream-log.js';
import { canTestRedis } from '../../support/redis.js';
import { RedisServer } from '../../support/redis-server.js';
import { streamFaultContract, type FaultyServer } from '../contract/faults.js';
import { refusalContract } from '../contract/refusal.js';
import { aClaim, anEnding, anExecution, chunk, readEvents, viewedText } from '../contract/stream-backend.js';

async function command(server: RedisServer, ...words: readonly string[]): Promise<void> {
  const admin = await createClient({ url: server.url }).connect();
  await admin.sendCommand(words);
  admin.destroy();
}

async function faultyRedis(): Promise<FaultyServer> {
  const server = await RedisServer.start({ keepsData: true });
  return {
    openLog: () => openStreamLog(server.url),
    cut: async () => {
      for (const type of ['PUBSUB', 'NORMAL']) await command(server, 'CLIENT', 'KILL', 'TYPE', type);
    },
    kill: () => server.kill(),
    forget: () => server.forget(),
    startAgain: () => server.startAgain(),
    freeze: () => server.freeze(),
    thaw: () => {
      server.thaw();
    },
    stop: () => server.stop(),
  };
}

describe.skipIf(!(await canTestRedis()))('with a server', () => {
  streamFaultContract('Redis', faultyRedis);

  describe('the stream log on a Redis', () => {
    let server: RedisServer;
    let log: StreamLog;

    beforeEach(async () => {
      server = await RedisServer.start({ keepsData: true });
      log = await openStreamLog(server.url);
    });
    afterEach(async () => {
      await log.shutdown();
      await server.stop();
    });

    it(
      'that is full tells who appends to come again, and loses nothing once there is room',
      { tags: ['stream-full', 'on-redis'] },
      async () => {
        const executionId = anExecution();
        const writer = await log.open(executionId, aClaim());
        await command(server, 'CONFIG', 'SET', 'maxmemory', '1');
        await expect(writer.append([chunk('a')])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        await command(server, 'CONFIG', 'SET', 'maxmemory', '0');
        await writer.append([chunk('a')]);
        expect(viewedText(await readEvents(log, executionId))).toBe('a');
      },
    );

    it('that has forgotten the scripts is told them again', async () => {
      const executionId = anExecution();
      await log.open(executionId, aClaim());
      await command(server, 'SCRIPT', 'FLUSH');
      expect(await log.close(executionId, anEnding())).toBe(1);
    });
  });
});

refusalContract('redis://user:secret@127.0.0.1:1/3', 'Redis at 127.0.0.1:1 ');
