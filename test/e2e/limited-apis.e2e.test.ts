import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { newSetting, type Setting } from '../support/everything.js';
import { freePort } from '../support/free-port.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { canTestRedis } from '../support/redis.js';
import { RedisServer } from '../support/redis-server.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const LIMIT = 20;
const TOKEN = 'cb_of-the-owner';

interface Api {
  readonly address: string;
  readonly process: SpawnedProcess;
}

describe.runIf(await canTestRedis())('two API processes with one limit', () => {
  let redis: RedisServer;
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  const apis: Api[] = [];

  beforeAll(async () => {
    [redis, temporal, database] = await Promise.all([
      RedisServer.start({ keepsData: false }),
      startTemporalServer(),
      createTestDatabase(),
    ]);
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      AGENT_ACCESS_TOKEN: TOKEN,
      API_RATE_LIMIT_PER_MINUTE: String(LIMIT),
      RATE_LIMIT_URL: redis.url,
      TRUSTED_PROXIES: '127.0.0.1',
    });
    apis.push(await start(), await start());
  });

  afterAll(async () => {
    await Promise.all(apis.map(({ process }) => process.kill()));
    await Promise.all([redis.stop(), temporal.stop(), database.drop(), setting.remove()]);
  });

  async function start(): Promise<Api> {
    const port = String(await freePort());
    const process = SpawnedProcess.start('api', { ...setting.environment, PORT: port });
    await process.said('API ready');
    return { address: `http://127.0.0.1:${port}`, process };
  }

  it('let a caller ask as often as one would, whichever they ask', async () => {
    const statuses: number[] = [];
    for (let asked = 0; asked < LIMIT + 10; asked += 1) {
      const { address } = apis[asked % apis.length] ?? { address: '' };
      statuses.push((await ask(address, TOKEN)).status);
    }
    expect(statuses).toEqual([...Array<number>(LIMIT).fill(200), ...Array<number>(10).fill(429)]);
  });
});

const BODY = JSON.stringify({ query: '{ __typename }' });

async function ask(address: string, token: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return await fetch(`${address}/graphql`, { method: 'POST', headers, body: BODY });
}
