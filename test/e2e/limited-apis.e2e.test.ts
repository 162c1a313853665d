import { readFileSync } from 'node:fs';

import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { newSetting, type Setting } from '../support/everything.js';
import { freePort } from '../support/free-port.js';
import { createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { canTestRedis } from '../support/redis.js';
import { RedisServer } from '../support/redis-server.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const LIMIT = 20;
const WRONG = 100_000;
const ADDRESSES = 30_000;
const AT_ONCE = 50;
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

  async function start(limits: Record<string, string> = {}): Promise<Api> {
    const port = String(await freePort());
    const process = await SpawnedProcess.ready('api', { ...setting.environment, ...limits, PORT: port });
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

  it('take 100,000 wrong tokens from everywhere in no more memory, and a right one from the same address', async () => {
    const api = await start({ API_RATE_LIMIT_PER_MINUTE: '' });
    apis.push(api);
    const [everywhere, oneAddress] = [AT_ONCE, 2 * AT_ONCE].map(
      (connections) => new Pool(api.address, { connections }),
    );
    const codes = new Set<string>();
    let sent = 0;
    const flood = async (until: number) => {
      while (sent < until) {
        sent += 1;
        codes.add(await tryWrong(everywhere, `2001:db8:${(sent % ADDRESSES).toString(16)}::1`));
      }
    };
    const insist = async (until: number) => {
      while (sent < until) codes.add(await tryWrong(oneAddress, '127.0.0.1'));
    };
    const many = (until: number) =>
      Promise.all(Array.from({ length: AT_ONCE }, () => [flood(until), insist(until), insist(until)]).flat());
    await many(WRONG / 4);
    const before = residentBytes(api.process);
    const rest = many(WRONG);
    expect((await ask(api.address, TOKEN, { 'x-forwarded-for': '127.0.0.1' })).status).toBe(200);
    await rest;
    expect([...codes].sort()).toEqual(['RATE_LIMITED', 'UNAUTHENTICATED']);
    expect(residentBytes(api.process) - before).toBeLessThan(64 * 1024 * 1024);
    await Promise.all([everywhere?.close(), oneAddress?.close()]);
  });
});

const BODY = JSON.stringify({ query: '{ __typename }' });

async function ask(address: string, token: string, headers: Record<string, string> = {}): Promise<Response> {
  const authorization = `Bearer ${token}`;
  const all = { 'content-type': 'application/json', authorization, ...headers };
  return await fetch(`${address}/graphql`, { method: 'POST', headers: all, body: BODY });
}

async function tryWrong(pool: Pool | undefined, from: string): Promise<string> {
  const authorization = `Bearer cb_${crypto.randomUUID()}`;
  const headers = { 'content-type': 'application/json', authorization, 'x-forwarded-for': from };
  const answer = await pool?.request({ path: '/graphql', method: 'POST', headers, body: BODY });
  const { errors } = (await answer?.body.json()) as { errors: readonly { extensions: { code: string } }[] };
  return errors[0]?.extensions.code ?? '';
}

function residentBytes({ pid = 0 }: SpawnedProcess): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
