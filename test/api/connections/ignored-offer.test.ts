import { once } from 'node:events';
import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

const OFFERS = {
  'h2c, as Java and curl make it': ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
  'TLS/1.2, as Apache makes it': ['Connection: keep-alive, Upgrade', 'Upgrade: TLS/1.2'],
  'several protocols': ['connection: upgrade', 'upgrade: h2c, websocket'],
};
const QUERY = '{"query":"{ __typename }"}';

let api: ApiUnderTest;
let port = 0;

beforeAll(async () => {
  api = await apiUnderTest();
  port = Number(new URL(await api.listen()).port);
});
afterAll(async () => {
  await api.stop();
});

/** What the server says on one connection to texts that are sent one after the other, until it closes. */
async function said(...texts: readonly string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  for (const text of texts) await new Promise<unknown>((done) => socket.write(text, done));
  await once(socket, 'close');
  return Buffer.concat(parts).toString('utf8');
}

function request(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}

const LAST = request('GET /health/live', 'Connection: close');
const POST = ['Content-Type: application/json', `Content-Length: ${QUERY.length}`];

describe.each(Object.entries(OFFERS))('an offer of %s is ignored', (_what, offer) => {
  it('with a request that has a body, however that is cut, and the connection serves the next one', async () => {
    const head = request('POST /graphql', ...offer, ...POST);
    const whole = await said(head + QUERY + LAST);
    const inPieces = await said(head.slice(0, 40), head.slice(40), QUERY.slice(0, 3), QUERY.slice(3), LAST);
    for (const answer of [whole, inPieces]) {
      expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
      expect(answer).toContain('{"data":{"__typename":"Query"}}');
    }
  });

  it('with a stream that there is not', async () => {
    const answer = await said(request('GET /agent-stream/nobody', ...offer), LAST);
    expect(answer).toMatch(/^HTTP\/1\.1 404 [^]*NOT_FOUND[^]*HTTP\/1\.1 200 OK/);
  });

  it('every time that one connection makes it', async () => {
    const one = request('GET /health/live', ...offer);
    expect((await said(one, one, one, LAST)).match(/HTTP\/1\.1 200 OK/g)).toHaveLength(4);
  });

  it('and what the request has besides is judged as ever', async () => {
    const answer = await said(request('GET /health/live', ...offer, 'Origin: https://elsewhere.example'), LAST);
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
  });
});
