import { get, request } from 'node:http';

import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { OriginPolicy } from '../../../src/api/access/origin-policy.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

const ALLOWED = 'https://agents.example.com';

describe('the policy of origins', () => {
  const policy = new OriginPolicy([ALLOWED, 'http://localhost:5173']);

  it.each([
    ['a program without an origin', { host: '127.0.0.1:4000' }],
    ['a page of ours', { host: 'localhost:4000', origin: 'http://localhost:4000' }],
    ['a page of ours behind a proxy that speaks TLS', { host: 'agents.example.com', origin: ALLOWED }],
    ['a page that is named', { host: '127.0.0.1:4000', origin: 'http://localhost:5173' }],
    ['IPv6', { host: '[::1]:4000', origin: 'http://[::1]:4000' }],
  ])('lets %s in', (_who, headers) => {
    expect(policy.refusal(headers)).toBeUndefined();
  });

  it.each([
    ['a page from elsewhere', { host: '127.0.0.1:4000', origin: 'https://evil.example' }],
    ['another port of this machine', { host: 'localhost:4000', origin: 'http://localhost:3000' }],
    ['a page without an origin of its own', { host: 'localhost:4000', origin: 'null' }],
    ['a name that was made to point here', { host: 'evil.example:4000', origin: 'http://evil.example:4000' }],
    ['the same without an origin', { host: 'evil.example:4000' }],
    ['a host that looks like ours', { host: '127.0.0.1.evil.example' }],
    ['a host with a user', { host: '127.0.0.1@evil.example' }],
    ['a host of nothing', { host: '' }],
    ['an origin that begins like one that is named', { host: 'localhost', origin: `${ALLOWED}.evil.example` }],
  ])('refuses %s', (_who, headers) => {
    expect(policy.refusal(headers)).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('tells who names no host to do so', () => {
    expect(policy.refusal({})).toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

describe('every door of the API', () => {
  let api: ApiUnderTest;
  let address: string;

  beforeAll(async () => {
    api = await apiUnderTest({ origins: [ALLOWED] });
    address = await api.listen();
    await api.streams.close('done', {
      turn: 1,
      attempt: 1,
      body: { eventType: 'failed', error: 'It failed.', errorCode: 'server', status: 'failed' },
    });
  });
  afterAll(() => api.stop());

  const QUERY = JSON.stringify({ query: '{ __typename }' });
  const EVIL = { origin: 'https://evil.example' };

  async function post(headers: Record<string, string>): Promise<Response> {
    return await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: QUERY,
    });
  }

  it('refuses a foreign page: POST, GET, event stream', async () => {
    const answers = await Promise.all([
      post(EVIL),
      fetch(`${address}/graphql?query={__typename}`, { headers: EVIL }),
      fetch(`${address}/agent-stream/done`, { headers: { ...EVIL, accept: 'text/event-stream' } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(await answers[0].json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(await answers[2].json()).toMatchObject({ error: { code: 'FORBIDDEN' } });
  });

  it('refuses a foreign host', async () => {
    const status = await new Promise((resolve, reject) => {
      get(`${address}/graphql?query={__typename}`, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(403);
  });

  it('closes the sockets of a foreign page with 4403', async () => {
    const streams = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/done`, EVIL);
    const graphql = new WebSocket(`${address.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', EVIL);
    const codes = [streams, graphql].map((socket) => new Promise((resolve) => socket.on('close', resolve)));
    expect(await Promise.all(codes)).toEqual([4403, 4403]);
  });

  it('tells a browser that a page which is named may read the answers', async () => {
    const answers = await Promise.all([
      post({ origin: ALLOWED }),
      fetch(`${address}/agent-stream/done`, { headers: { origin: ALLOWED, accept: 'text/event-stream' } }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ headers }) => headers.get('access-control-allow-origin'))).toEqual([ALLOWED, ALLOWED]);
    expect(await answers[1].text()).toContain('"eventType":"failed"');
  });

  it('answers the question that a browser asks before a POST from another origin', async () => {
    const asked = (origin: string) =>
      new Promise<Record<string, unknown>>((resolve, reject) => {
        const headers = {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type',
        };
        const preflight = request(`${address}/graphql`, { method: 'OPTIONS', headers }, (response) => {
          response.resume();
          resolve({ status: response.statusCode, allowed: response.headers['access-control-allow-origin'] });
        });
        preflight.on('error', reject).end();
      });
    expect(await asked(ALLOWED)).toEqual({ status: 204, allowed: ALLOWED });
    expect(await asked(EVIL.origin)).toEqual({ status: 403, allowed: undefined });
  });

  it('serves a page that is named over GraphQL sockets', async () => {
    class FromPage extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols, { origin: ALLOWED });
      }
    }
    const client = createClient({ url: `${address.replace('http', 'ws')}/graphql`, webSocketImpl: FromPage });
    const query = 'subscription { agentExecutionStream(executionId: "done") { eventType } }';
    const seen: unknown[] = [];
    for await (const { data } of client.iterate({ query })) seen.push(data);
    await client.dispose();
    expect(seen).toEqual([{ agentExecutionStream: { eventType: 'failed' } }]);
  });
});
