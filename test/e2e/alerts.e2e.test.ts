import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { newSetting, type Setting } from '../support/everything.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { canTestPostgres, createTestDatabase, type TestDatabase } from '../support/postgres.js';
import { SpawnedProcess } from '../support/spawned-process.js';
import { startTemporalServer, type TestTemporalServer } from '../support/temporal-server.js';

const LIMIT = 20;
/** By each process: none of them has as many by itself as it takes. */
const REFUSED = 8;
const MOST_REFUSED = 10;
const KEY = randomBytes(32);
const TOKEN = 'cb_of-the-owner';

interface Seen {
  readonly id: string;
  readonly type: string;
  /** Which process sent it: each has an address of its own. */
  readonly by: number;
}

describe.runIf(await canTestPostgres())('two API processes that have the same to tell', () => {
  let temporal: TestTemporalServer;
  let database: TestDatabase;
  let setting: Setting;
  let receiver: Server;
  const seen: Seen[] = [];
  const held: ServerResponse[] = [];
  let holds = true;
  const apis: { readonly address: string; readonly process: SpawnedProcess }[] = [];

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      const parts: Uint8Array[] = [];
      request.on('data', (part: Uint8Array) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8');
        const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = request.headers;
        const signed = `${String(id)}.${String(timestamp)}.${body}`;
        const isSigned = signature === `v1,${createHmac('sha256', KEY).update(signed).digest('base64')}`;
        const { type } = JSON.parse(body) as { type: string };
        seen.push({ id: String(id), type: isSigned ? type : 'not signed', by: Number(request.url?.slice(1)) });
        if (holds) held.push(response);
        else response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    [temporal, database] = await Promise.all([startTemporalServer(), createTestDatabase()]);
    setting = await newSetting({
      TEMPORAL_ADDRESS: temporal.address,
      STORAGE_URL: database.url,
      AGENT_ACCESS_TOKEN: TOKEN,
      API_RATE_LIMIT_PER_MINUTE: String(LIMIT),
      ALERT_WINDOW_SECONDS: '15',
      ALERT_CALLERS_LIMITED: String(MOST_REFUSED),
      ALERT_WEBHOOK_SECRET: `whsec_${KEY.toString('base64')}`,
    });
    for (const number of [0, 1]) apis.push(await start(number));
  });

  afterAll(async () => {
    await Promise.all(apis.map(({ process }) => process.kill()));
    receiver.closeAllConnections();
    receiver.close();
    await Promise.all([temporal.stop(), database.drop(), setting.remove()]);
  });

  async function start(number: number): Promise<(typeof apis)[number]> {
    const port = String(await freePort());
    const { port: to } = receiver.address() as AddressInfo;
    const own = { PORT: port, ALERT_WEBHOOK_URL: `http://127.0.0.1:${to}/${number}` };
    const process = await SpawnedProcess.ready('api', { ...setting.environment, ...own });
    return { address: `http://127.0.0.1:${port}`, process };
  }

  async function isRefused(address: string): Promise<boolean> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
    const body = JSON.stringify({ query: '{ __typename }' });
    return (await fetch(`${address}/graphql`, { method: 'POST', headers, body })).status === 429;
  }

  it('tell it once when it begins and once when it is over, where the one that was about to is killed', async () => {
    for (const { address } of apis) {
      let refused = 0;
      while (refused < REFUSED) refused += (await isRefused(address)) ? 1 : 0;
    }
    await eventually(() => {
      expect(seen).toHaveLength(1);
    });
    await apis[seen[0]?.by ?? 0]?.process.kill();
    holds = false;
    await eventually(() => {
      expect(seen.map(({ type }) => type)).toContain('alert.resolved');
    });
    const [first, again, over, ...more] = seen;
    expect([first, again, over].map((one) => one?.type)).toEqual(['alert.fired', 'alert.fired', 'alert.resolved']);
    expect(again?.id).toBe(first?.id);
    expect(over?.id).toBe(first?.id.replace('fired', 'resolved'));
    expect([again, over].map((one) => one?.by)).not.toContain(first?.by);
    expect(more).toEqual([]);
  });
});
