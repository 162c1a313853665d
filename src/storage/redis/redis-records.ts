import type { RedisCommands } from '../../backends/redis/redis-commands.js';
import { redisScript } from '../../backends/redis/redis-script.js';
import type { AgentStorageLimits } from '../agent-storage.js';
import type { ListRange, RecordStore, StoredRecord } from '../records/record-store.js';

/** Whatever a server holds beside it begins otherwise. */
export const KEY_PREFIX = 'circuit-breaker:agent-storage:';
/** Records, each of up to some megabytes, that are asked for together. */
const AT_ONCE = 100;
/** As long as a revision and what ends it may be. */
const REVISION_END = 20;

/**
 * Stores a record, behind its revision and a line's end, where it is as it was read. The first revision is the time in microseconds, so that a
 * record that was removed and made again is another one.
 */
const PUT = redisScript(`
local old = string.match(redis.call('GETRANGE', KEYS[1], 0, ${REVISION_END}), '^(%d+)\\n')
if (old or '0') ~= ARGV[1] then return false end
local revision
if old then
  revision = string.format('%.0f', tonumber(old) + 1)
else
  local time = redis.call('TIME')
  revision = string.format('%.0f', time[1] * 1000000 + time[2])
end
redis.call('SET', KEYS[1], revision .. '\\n' .. ARGV[2])
return revision`);

/**
 * Records on Redis: a string each, and a sorted set for each list, whose members all have the score 0 and stand by their text.
 * Nothing takes two keys at once.
 */
export class RedisRecords implements RecordStore {
  readonly #redis: RedisCommands;

  constructor(
    redis: RedisCommands,
    readonly limits: AgentStorageLimits,
  ) {
    this.#redis = redis;
  }

  async getMany(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]> {
    const found: (string | null)[] = [];
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      const some = keys.slice(from, from + AT_ONCE).map(keyOf);
      found.push(...(await this.#redis.ask((client) => Promise.all(some.map((key) => client.get(key))))));
    }
    return found.map((value) => (value === null ? undefined : recordOf(value)));
  }

  async put(key: string, text: string, revision: number): Promise<number | undefined> {
    const stored = await this.#redis.run(PUT, [keyOf(key)], [String(revision), text]);
    return typeof stored === 'string' ? Number(stored) : undefined;
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#redis.ask((client) => Promise.all(keys.map((key) => client.unlink(keyOf(key)))));
  }

  async addToList(list: string, member: string): Promise<void> {
    await this.#redis.ask((client) => client.zAdd(listKeyOf(list), { score: 0, value: member }));
  }

  async removeFromList(list: string, member: string): Promise<void> {
    await this.#redis.ask((client) => client.zRem(listKeyOf(list), member));
  }

  async readList(list: string, { order, above, below, limit }: ListRange): Promise<readonly string[]> {
    const least = above === undefined ? '-' : `(${above}`;
    const most = below === undefined ? '+' : `(${below}`;
    const how = { BY: 'LEX', LIMIT: { offset: 0, count: limit } } as const;
    const key = listKeyOf(list);
    return await this.#redis.ask((client) =>
      order === 'oldest'
        ? client.zRange(key, least, most, how)
        : client.zRange(key, most, least, { ...how, REV: true }),
    );
  }

  async ping(): Promise<void> {
    await this.#redis.ask((client) => client.ping());
  }

  close(): Promise<void> {
    this.#redis.close();
    return Promise.resolve();
  }
}

function keyOf(key: string): string {
  return `${KEY_PREFIX}${key}`;
}

function listKeyOf(list: string): string {
  return `${KEY_PREFIX}list/${list}`;
}

function recordOf(value: string): StoredRecord {
  const end = value.indexOf('\n');
  return { revision: Number(value.slice(0, end)), text: value.slice(end + 1) };
}
