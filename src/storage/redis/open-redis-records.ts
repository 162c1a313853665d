import { ErrorReply } from '@redis/client';

import type { RedisClient } from '../../backends/redis/redis-client.js';
import { RedisCommands, type RedisOptions } from '../../backends/redis/redis-commands.js';
import { placeOfRedis } from '../../backends/redis/redis-place.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { Loss } from '../agent-storage.js';
import { refuseOtherLayout } from '../records/record-layout.js';
import { RedisRecords } from './redis-records.js';

/**
 * Connects to a Redis server that is fit to keep agents. Throws UNAVAILABLE, naming the variable, for one that evicts, is a cluster, is
 * a replica, has no such database, or was written to by a newer version.
 */
export async function openRedisRecords(url: string, options: RedisOptions): Promise<RedisRecords> {
  const redis = new RedisCommands(url, options);
  try {
    await redis.connect();
    const info = infoOf(await redis.ask((client) => client.info()));
    refuseUnfit(placeOfRedis(url), info);
    const records = new RedisRecords(redis, { mayLose: await redis.ask((client) => lossOf(client, info)) });
    await refuseOtherLayout(records, placeOfRedis(url));
    return records;
  } catch (error) {
    redis.close();
    throw error;
  }
}

type Info = ReadonlyMap<string, string>;

function refuseUnfit(place: string, info: Info): void {
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  const isBounded = (info.get('maxmemory') ?? '0') !== '0';
  // Policies of the other kind take what expires, and nothing of ours does.
  if (isBounded && policy.startsWith('allkeys')) {
    throw unfit(place, `its maxmemory-policy is ${policy}: it would throw agents away, set it to noeviction`);
  }
  if (info.get('cluster_enabled') === '1') throw unfit(place, 'it is a cluster, and a single server is needed');
  if (info.get('role') === 'slave') throw unfit(place, 'it is a replica: name the server that it follows');
}

function unfit(place: string, reason: string): CircuitBreakerError {
  return new CircuitBreakerError('UNAVAILABLE', `AGENT_STORAGE_URL: ${place} cannot keep agents: ${reason}.`);
}

/** What a crash takes. A server that somebody else runs may not say how often it writes. */
async function lossOf(client: RedisClient, info: Info): Promise<Loss> {
  if (info.get('aof_enabled') === '1') {
    const fsync = await settingOf(client, 'appendfsync');
    if (fsync === undefined) return 'unknown';
    return fsync === 'always' ? 'nothing' : fsync === 'everysec' ? 'a-second' : 'unknown';
  }
  const save = await settingOf(client, 'save');
  if (save === undefined) return 'unknown';
  return save === '' ? 'everything' : 'since-the-last-snapshot';
}

async function settingOf(client: RedisClient, name: string): Promise<string | undefined> {
  try {
    return (await client.configGet(name))[name];
  } catch (error) {
    if (error instanceof ErrorReply) return undefined;
    throw error;
  }
}

function infoOf(text: string): Info {
  const lines = text.split('\r\n').map((line) => /^([a-z_]+):(.*)$/.exec(line));
  return new Map(lines.flatMap((line) => (line === null ? [] : [[line[1] ?? '', line[2] ?? ''] as const])));
}
