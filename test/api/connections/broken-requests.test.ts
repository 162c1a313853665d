import { once } from 'node:events';
import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from '../../support/eventually.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';

let api: ApiUnderTest;
let port = 0;

beforeAll(async () => {
  api = await apiUnderTest();
  port = Number(new URL(await api.listen()).port);
});
afterAll(async () => {
  await api.stop();
});

interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly code: string | undefined;
  readonly message: string | undefined;
}

/** All answers on one connection to what is sent, in turn, until the server closes it. */
async function answersTo(...texts: readonly (string | Buffer)[]): Promise<readonly Answer[]> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('error', () => undefined).on('data', (part: Buffer) => parts.push(part));
  for (const text of texts) await new Promise<unknown>((done) => socket.write(text, done));
  await once(socket, 'close');
  return readAnswers(Buffer.concat(parts).toString('latin1'));
}

function readAnswers(text: string): readonly Answer[] {
  if (text === '') return [];
  const [head = '', rest = ''] = splitAt(text, text.indexOf('\r\n\r\n') + 4);
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const [body = '', next = ''] = splitAt(rest, length);
  const { error } = JSON.parse(body === '' ? '{}' : body) as { error?: { code: string; message: string } };
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
  return [{ status, headers: head, code: error?.code, message: error?.message }, ...readAnswers(next)];
}

const matching = (words: RegExp): unknown => expect.stringMatching(words);

function splitAt(text: string, at: number): readonly string[] {
  return [text.slice(0, at), text.slice(at)];
}

function request(line: string, ...headers: readonly string[]): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n');
}

const LIVE = request('GET /health/live');
const CHUNKED = request('POST /graphql', 'Content-Type: application/json', 'Transfer-Encoding: chunked');
const POST = ['Content-Type: application/json'];
const TLS_HELLO = Buffer.from('16030102000100', 'hex');

const BROKEN: readonly (readonly [string, string | Buffer, number, string, RegExp])[] = [
  ['headers of 20 KB', request('GET /health/live', `X: ${'x'.repeat(20_000)}`), 431, 'PAYLOAD_TOO_LARGE', /16 KiB/],
  ['an address of 20 KB', request(`GET /graphql?query=${'x'.repeat(20_000)}`), 431, 'PAYLOAD_TOO_LARGE', /POST/],
  ['ten thousand headers', request('GET /', ...Array<string>(10_000).fill('A: b')), 431, 'PAYLOAD_TOO_LARGE', /16 KiB/],
  ['a method that there is not', 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'VALIDATION_FAILED', /method/i],
  ['a line of words', 'hello, are you there?\r\n\r\n', 400, 'VALIDATION_FAILED', /HTTP\/1\.1/],
  ['another version of HTTP', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n', 400, 'VALIDATION_FAILED', /version/i],
  ['a header without a name', 'GET / HTTP/1.1\r\n: a\r\n\r\n', 400, 'VALIDATION_FAILED', /header/i],
  ['a header with U+0000', 'GET / HTTP/1.1\r\nHost: a\u0000b\r\n\r\n', 400, 'VALIDATION_FAILED', /header/i],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', 400, 'VALIDATION_FAILED', /header/i],
  [
    'two lengths',
    request('POST /graphql', 'Content-Length: 1', 'Content-Length: 2'),
    400,
    'VALIDATION_FAILED',
    /Length/,
  ],
  ['a length that is no number', request('POST /graphql', 'Content-Length: x'), 400, 'VALIDATION_FAILED', /Length/],
  [
    'a length beside chunks',
    request('POST /graphql', ...POST, 'Content-Length: 4', 'Transfer-Encoding: chunked'),
    400,
    'VALIDATION_FAILED',
    /Encoding/,
  ],
  ['a chunk without a size', `${CHUNKED}zz\r\n{}\r\n`, 400, 'VALIDATION_FAILED', /chunk/i],
  [
    'a chunk that is longer than it says',
    `${CHUNKED}2\r\n{"query":1}\r\n0\r\n\r\n`,
    400,
    'VALIDATION_FAILED',
    /chunk/i,
  ],
  [
    'a chunk with 20 KB of extensions',
    `${CHUNKED}2;${'x'.repeat(20_000)}\r\n`,
    413,
    'PAYLOAD_TOO_LARGE',
    /extensions|large/,
  ],
  ['a handshake of TLS', TLS_HELLO, 400, 'VALIDATION_FAILED', /TLS/],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'VALIDATION_FAILED', /HTTP\/2/],
  ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n', 405, 'VALIDATION_FAILED', /proxy/],
];

describe('what is no request', () => {
  it.each(BROKEN)('%s is answered in the shape of all answers, and the connection ends', async (...given) => {
    const [, text, status, code, message] = given;
    const [answer, ...others] = await answersTo(text);
    expect([answer, others]).toEqual([
      { status, code, message: matching(message), headers: matching(/connection: close/i) },
      [],
    ]);
  });

  it.each(BROKEN)('%s behind two requests is answered behind their answers', async (_what, text, status, code) => {
    for (const sent of [[Buffer.concat([Buffer.from(LIVE + LIVE), Buffer.from(text)])], [LIVE, LIVE, text]]) {
      const answers = await answersTo(...sent);
      expect(answers.map((answer) => [answer.status, answer.code])).toEqual([
        [200, undefined],
        [200, undefined],
        [status, code],
      ]);
    }
  });

  it('behind the request for a stream it disturbs no event of that', async () => {
    const writer = await api.streams.open('told', { epoch: 1, turn: 1, reason: 'first' });
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (part: Buffer) => (text += part.toString()));
    socket.write(request('GET /agent-stream/told', 'Accept: text/event-stream'));
    await eventually(() => {
      expect(text).toContain('attempt_started');
    });
    socket.write('hello?\r\n\r\n');
    await writer.append([{ eventType: 'content_chunk', content: 'still here' }]);
    await eventually(() => {
      expect(text).toContain('still here');
    });
    socket.destroy();
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('a request whose other half does not come is answered 408', async () => {
    const { server } = api.app;
    const before = server.requestTimeout;
    server.requestTimeout = 300;
    server.headersTimeout = 300;
    const halves = [
      'GET /health/live HTTP/1.1\r\nHost: localh',
      `${request('POST /graphql', ...POST, 'Content-Length: 400')}{"query":`,
    ];
    for (const half of halves) {
      const [first, last, ...others] = await answersTo(LIVE, half);
      expect([first?.status, others]).toEqual([200, []]);
      expect(last).toMatchObject({ status: 408, code: 'REQUEST_TIMEOUT', message: matching(/again/) });
    }
    server.requestTimeout = before;
  });
});

describe('a request that HTTP knows, and nobody serves', () => {
  const NEXT = request('GET /health/live', 'Connection: close');

  it.each<readonly [string, string, number, string, RegExp]>([
    ['without a host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, 'VALIDATION_FAILED', /Host/],
    ['for a path that is not encoded rightly', request('GET /a%zz'), 400, 'VALIDATION_FAILED', /a%zz/],
    ['by a method that is not spoken here', request('PROPFIND /graphql'), 404, 'NOT_FOUND', /address/],
    ['for an address of 10 KB', request(`GET /${'x'.repeat(10_000)}`), 404, 'NOT_FOUND', /address/],
    [
      'for a stream with a name of 10 KB',
      request(`GET /agent-stream/${'x'.repeat(10_000)}`),
      404,
      'NOT_FOUND',
      /no execution/,
    ],
  ])('%s is answered in the same shape, and the next one is served', async (_what, text, status, code, message) => {
    const [answer, next] = await answersTo(text, NEXT);
    expect(answer).toMatchObject({ status, code, message: matching(message) });
    expect(next?.status).toBe(200);
  });

  it('of HTTP/1.0 without a host is answered in the same shape', async () => {
    const answers = await answersTo('GET /health/live HTTP/1.0\r\n\r\n');
    expect(answers).toEqual([expect.objectContaining({ status: 400, code: 'VALIDATION_FAILED' })]);
  });

  it.each([
    ['with an expectation that nobody knows', request('GET /health/live', 'Expect: a miracle'), 200],
    ['that asks what may be asked', request('OPTIONS *'), 204],
  ])('%s is served', async (_what, text, status) => {
    expect((await answersTo(text, NEXT)).map((answer) => answer.status)).toEqual([status, 200]);
  });
});
