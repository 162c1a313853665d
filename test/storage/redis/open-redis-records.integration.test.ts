import { createClient } from '@redis/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openRedisRecords } from '../../../src/storage/redis/open-redis-records.js';
import { KEY_PREFIX, type RedisRecords } from '../../../src/storage/redis/redis-records.js';
import { MemoryLogger } from '../../support/memory-logger.js';
import { canTestRedis } from '../../support/redis.js';
import { RedisServer } from '../../support/redis-server.js';
import { agentServerFaultContract, agentServerRefusalContract } from '../contract/agent-server-faults.js';

const logger = new MemoryLogger();

async function command(server: RedisServer, ...words: readonly string[]): Promise<void> {
  const admin = await createClient({ url: server.url }).connect();
  await admin.sendCommand(words);
  admin.destroy();
}

describe.skipIf(!(await canTestRedis()))('with a server', () => {
  agentServerFaultContract('Redis', () => RedisServer.start({ keepsData: true }));

  describe('agents on a Redis', () => {
    let server: RedisServer;
    let records: RedisRecords | undefined;

    beforeEach(async () => {
      server = await RedisServer.start({ keepsData: true });
    });
    afterEach(async () => {
      await records?.close();
      records = undefined;
      await server.stop();
    });

    const open = async () => (records = await openRedisRecords(server.url, { logger }));

    it('that evicts are refused, naming the variable and the setting', async () => {
      await command(server, 'CONFIG', 'SET', 'maxmemory', '100mb');
      await command(server, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
      await expect(open()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(open()).rejects.toThrow(/^AGENT_STORAGE_URL: .*maxmemory-policy is allkeys-lru.*noeviction/);
      // Nothing of ours expires.
      await command(server, 'CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
      await open();
    });

    it(
      'that is a replica are refused at the start, and one that becomes it refuses writes as UNAVAILABLE',
      { tags: ['storage-read-only', 'on-redis'] },
      async () => {
        await open();
        await command(server, 'REPLICAOF', '127.0.0.1', '1');
        await expect(records?.put('k', '{}', 0)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        await expect(openRedisRecords(server.url, { logger })).rejects.toThrow(/it is a replica/);
        await command(server, 'REPLICAOF', 'NO', 'ONE');
        expect(await records?.put('k', '{}', 0)).toBeGreaterThan(0);
      },
    );

    it(
      'that is full refuse writes as UNAVAILABLE, and take them once there is room',
      { tags: ['storage-full', 'on-redis'] },
      async () => {
        await open();
        await command(server, 'CONFIG', 'SET', 'maxmemory', '1');
        await expect(records?.put('k', '{}', 0)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
        await command(server, 'CONFIG', 'SET', 'maxmemory', '0');
        expect(await records?.put('k', '{}', 0)).toBeGreaterThan(0);
      },
    );

    it('that has forgotten the scripts tell it again', async () => {
      await open();
      const revision = await records?.put('k', '{}', 0);
      await command(server, 'SCRIPT', 'FLUSH');
      expect(await records?.put('k', '{"a":1}', revision ?? 0)).toBe((revision ?? 0) + 1);
    });

    it.each([
      [['appendfsync', 'everysec'], 'a-second'],
      [['appendonly', 'no'], 'everything'],
      [['appendfsync', 'no'], 'unknown'],
    ])('with %j say what a crash may take', async (setting, mayLose) => {
      expect((await open()).limits).toEqual({ mayLose: 'nothing' });
      await records?.close();
      await command(server, 'CONFIG', 'SET', ...setting);
      expect((await open()).limits).toEqual({ mayLose });
    });

    it('that does not say how it writes are of unknown safety', async () => {
      await command(server, 'ACL', 'SETUSER', 'limited', 'on', '>pw', '~*', '&*', '+@all', '-config');
      records = await openRedisRecords(server.url.replace('//', '//limited:pw@'), { logger });
      expect(records.limits).toEqual({ mayLose: 'unknown' });
    });

    it('that a newer version has laid out are refused', async () => {
      await command(server, 'SET', `${KEY_PREFIX}layout`, '1\n2');
      await expect(open()).rejects.toThrow(/^AGENT_STORAGE_URL: .*laid out as of version 2.*a newer version/);
    });

    it('with a wrong password, or without such a database, are refused in one line without the password', async () => {
      await command(server, 'CONFIG', 'SET', 'requirepass', 'right');
      const wrong = openRedisRecords(server.url.replace('//', '//:wrong@'), { logger });
      await expect(wrong).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await expect(wrong).rejects.not.toThrow(/wrong@|\n/);
      const absent = openRedisRecords(`${server.url.replace('//', '//:right@')}/99`, { logger });
      await expect(absent).rejects.toThrow(/DB index is out of range/);
    });
  });
});

agentServerRefusalContract('redis://user:secret@127.0.0.1:1/3', 'Redis at 127.0.0.1:1 ');
