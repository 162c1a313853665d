import { createHash } from 'node:crypto';
import { once } from 'node:events';

import { EventSource } from 'eventsource';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { AccessTokens } from '../../../src/api/access/access-tokens.js';
import { FailedAttempts } from '../../../src/api/access/failed-attempts.js';
import { StreamTickets } from '../../../src/api/access/stream-tickets.js';
import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import { LocalRateLimit } from '../../../src/limits/local-rate-limit.js';
import type { RateLimit } from '../../../src/limits/rate-limit.js';
import { apiUnderTest, TICKET_SECRET, type ApiOptions, type ApiUnderTest } from '../../support/api-under-test.js';
import { NOW } from '../../support/builders.js';
import { eventually } from '../../support/eventually.js';
import { acknowledgedGraphql, connectGraphql } from '../../support/graphql-socket.js';

const NAMES = ['one', 'other'];

let api: ApiUnderTest | undefined;
afterEach(async () => {
  await api?.stop();
});

async function begin(options: ApiOptions): Promise<string> {
  api = await apiUnderTest(options);
  await api.storage.executions.create(pendingExecution({ executionId: 'e', agentId: 'a', input: {} }, NOW));
  return await api.listen();
}

const checks = () => [
  new AccessTokens(
    NAMES.map((name) => ({
      ...{ name, role: 'administer' as const },
      sha256: createHash('sha256').update(`cb_${name}`).digest('hex'),
    })),
  ),
];

async function ask(address: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = JSON.stringify({ query: '{ __typename }' });
  return await fetch(`${address}/graphql`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body },
  });
}

const as = (name: string) => ({ authorization: `Bearer cb_${name}` });

describe('a caller who asks too often', () => {
  let limit: RateLimit;
  beforeEach(() => {
    limit = new LocalRateLimit(2);
  });

  it('is told when to come again, and others are not', async () => {
    const address = await begin({ limit, checks: checks() });
    expect((await ask(address, as('one'))).status).toBe(200);
    expect((await ask(address, as('one'))).status).toBe(200);
    const refused = await ask(address, as('one'));
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(await refused.json()).toMatchObject({
      errors: [{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: seconds } }],
    });
    expect((await fetch(`${address}/`, { headers: as('one') })).status).toBe(429);
    expect((await ask(address, as('other'))).status).toBe(200);
    expect((await fetch(`${address}/health/live`)).status).toBe(200);
  });

  it('is known by the address where nobody is asked who they are: of whom a trusted proxy says, and nobody else', async () => {
    const address = await begin({ limit, trustedProxies: ['127.0.0.1'] });
    const from = (caller: string) => ({ 'x-forwarded-for': caller });
    for (const last of [1, 2]) expect((await ask(address, from(`2001:db8::${last}`))).status).toBe(200);
    expect((await ask(address, from('2001:db8::3'))).status).toBe(429);
    expect((await ask(address, from('2001:db8:0:1::1'))).status).toBe(200);
    await api?.stop();
    const untold = await begin({ limit: new LocalRateLimit(2) });
    for (const last of [1, 2]) await ask(untold, from(`192.0.2.${last}`));
    expect((await ask(untold, from('192.0.2.3'))).status).toBe(429);
  });

  it('keeps an open socket, whose operations are refused: with a limit that HTTP shares', async () => {
    const address = await begin({ limit: new LocalRateLimit(3) });
    const socket = await acknowledgedGraphql(address);
    socket.send({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } });
    socket.send({ type: 'subscribe', id: '2', payload: { query: 'what is no document' } });
    socket.send({ type: 'subscribe', id: '3', payload: { query: 'subscription { tokenUpdates(id: "t") { id } }' } });
    await socket.saw('complete', '1');
    await socket.saw('error', '3');
    expect(socket.messages.find(({ id }) => id === '3')?.payload).toMatchObject([
      { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) as number } },
    ]);
    await socket.isHeard();
    expect((await ask(address)).status).toBe(429);
    // A new one is sent away, by the code that clients come again after.
    const late = await connectGraphql(address);
    late.send({ type: 'connection_init' });
    expect(await late.closed).toBe(1013);
    socket.end();
  });

  it('hears it at the stream of an execution, too: by status, by close code for browsers', async () => {
    const address = await begin({ limit: new LocalRateLimit(0) });
    const url = `${address.replace('http', 'ws')}/agent-stream/e`;
    const [response] = (await once(
      new WebSocket(url).on('error', () => undefined),
      'unexpected-response',
    ).then(([, answer]) => [answer] as const)) as [{ statusCode: number; headers: Record<string, string> }];
    expect(response.statusCode).toBe(429);
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    const [code] = (await once(new WebSocket(url, { origin: address }), 'close')) as [number];
    expect(code).toBe(1013);
    const plain = await fetch(`${address}/agent-stream/e`, { headers: { accept: 'application/json' } });
    expect(plain.status).toBe(429);
  });

  it('is not turned away for good as an EventSource, which comes again by itself', async () => {
    const waits = [1, 1, undefined];
    const played: RateLimit = { take: () => Promise.resolve(waits.shift()) };
    const address = await begin({ limit: played });
    const first = await fetch(`${address}/agent-stream/e`, { headers: { accept: 'text/event-stream' } });
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    expect(first.headers.get('retry-after')).toBe('1');
    expect(await first.text()).toMatch(/^: RATE_LIMITED: .*\nretry: 1000\n\n$/);
    const source = new EventSource(`${address}/agent-stream/e`);
    try {
      await eventually(() => {
        expect(waits).toEqual([]);
        expect(source.readyState).toBe(EventSource.OPEN);
      });
    } finally {
      source.close();
    }
  });
});

describe('whoever shows what opens nothing', () => {
  it('hears so later and later, while a right token from there opens at once, at every door', async () => {
    const waiting: (() => void)[] = [];
    const wait = () => new Promise<void>((resolve) => waiting.push(resolve));
    const failed = new FailedAttempts({ atOnce: 1, mostWaitingOfOne: 2, wait });
    const address = await begin({ checks: checks(), failed });
    expect((await ask(address, as('nobody'))).status).toBe(401);
    const late = ask(address, as('nobody'));
    const socket = await connectGraphql(address);
    socket.send({ type: 'connection_init', payload: { Authorization: 'Bearer cb_nobody' } });
    await eventually(() => {
      expect(waiting).toHaveLength(2);
    });
    const refused = await fetch(`${address}/agent-stream/e?ticket=none`, { headers: { accept: '*/*' } });
    expect(await refused.text()).toContain('RATE_LIMITED');
    const limited = await ask(address, as('nobody'));
    expect([limited.status, Number(limited.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await ask(address, as('one'))).status).toBe(200);
    const { ticket } = await new StreamTickets({ secrets: [TICKET_SECRET], lifeSeconds: 60 }).make(
      'e',
      { by: 'token', name: 'one', role: 'read' },
      Date.now(),
    );
    const opened = await fetch(`${address}/agent-stream/e?ticket=${ticket}`);
    expect(opened.status).toBe(200);
    await opened.body?.cancel();
    // Nothing was shown: that is no attempt.
    expect((await ask(address)).status).toBe(401);
    for (const end of waiting) end();
    expect((await late).status).toBe(401);
    expect(await socket.closed).toBe(4401);
  });
});
