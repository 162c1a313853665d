import type { Socket } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import type { Dispatcher } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { RETRIED_BY_DEFAULT } from '../../../../src/core/codes.js';
import { createDispatcher } from '../../../../src/providers/connection/dispatcher.js';
import { createLanguageModel } from '../../../../src/providers/create-language-model.js';
import { aRequest } from '../../../support/model-request.js';
import { startRawServer, type RawServer } from '../../../support/raw-server.js';
import { schemasInThisThread } from '../../../support/schemas.js';
import { THIS_MACHINE } from '../../../support/this-machine.js';
import { WIRES, type WireUnderTest } from '../contract/wire-under-test.js';
import { outcomeOf } from './played-answers.js';

let server: RawServer;
let elsewhere: RawServer;
let dispatcher: Dispatcher;

beforeAll(async () => {
  [server, elsewhere] = [await startRawServer(), await startRawServer()];
  dispatcher = createDispatcher({ connectionTimeoutMs: 2_000, privateHosts: THIS_MACHINE });
});
afterAll(async () => {
  await dispatcher.destroy();
  await server.stop();
  await elsewhere.stop();
});

type Bytes = string | Buffer;

async function asked(
  wire: WireUnderTest,
  answer: (socket: Socket) => void,
  { options = {}, timeoutMs = 30_000 }: { options?: Record<string, number>; timeoutMs?: number } = {},
) {
  server.answer(answer);
  const model = createLanguageModel({
    credentials: { accounts: {}, named: new Map(), secrets: [] },
    dispatcher,
    schemas: schemasInThisThread,
  });
  const provider = wire.provider(server.root, { options, headers: { 'x-kept': 'not-for-others' } });
  return await outcomeOf(model.stream(aRequest({ provider, timeoutMs }), new AbortController().signal));
}

/** Sends the bytes one after the other, and then ends the connection. */
function sending(...parts: readonly Bytes[]): (socket: Socket) => void {
  return (socket) => {
    for (const part of parts) socket.write(part);
    socket.end();
  };
}

const head = (wire: WireUnderTest, ...lines: readonly string[]) =>
  ['HTTP/1.1 200 OK', `Content-Type: ${wire.contentType}`, 'Connection: close', ...lines, '', ''].join('\r\n');
const typed = (type: string, ...lines: readonly string[]) =>
  ['HTTP/1.1 200 OK', `Content-Type: ${type}`, 'Connection: close', ...lines, '', ''].join('\r\n');
const chunk = (part: Bytes) => {
  const bytes = Buffer.from(part);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
};
const TEXT = 'Größe: 🙂 naïve';
const whole = (wire: WireUnderTest) => wire.text('Größe: ') + wire.text('🙂 naïve') + wire.finish('stop');
const half = (wire: WireUnderTest) => wire.text('Größe: ');
const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const swapped = (text: string) => utf16(text).swap16();
const LATIN = 'Größe: naïve';
const latin = (wire: WireUnderTest) => Buffer.from(wire.text(LATIN) + wire.finish('stop'), 'latin1');

/** The bytes that come, each whole. */
const WHOLE: readonly (readonly [string, (wire: WireUnderTest) => readonly Bytes[], text?: string])[] = [
  ['UTF-8 that calls itself latin1', (wire) => [typed(`${wire.contentType}; charset=iso-8859-1`), whole(wire)]],
  ['UTF-8 that calls itself UTF-16', (wire) => [typed(`${wire.contentType}; charset=utf-16`), whole(wire)]],
  ['UTF-8 in a charset that nobody knows', (wire) => [typed(`${wire.contentType}; charset=x-none`), whole(wire)]],
  ['latin1 that says so', (wire) => [typed(`${wire.contentType}; charset=ISO-8859-1`), latin(wire)], LATIN],
  ['latin1 that says so in quotes', (wire) => [typed(`${wire.contentType};charset="latin1"`), latin(wire)], LATIN],
  ['UTF-16 that says so', (wire) => [typed(`${wire.contentType}; charset=utf-16le`), utf16(whole(wire))]],
  ['UTF-16 with a mark', (wire) => [typed(`${wire.contentType}; charset=utf-16`), utf16(`\uFEFF${whole(wire)}`)]],
  ['UTF-16 the other way round', (wire) => [typed(`${wire.contentType}; charset=utf-16be`), swapped(whole(wire))]],
  ['UTF-16 with nothing but its mark', (wire) => [head(wire), swapped(`\uFEFF${whole(wire)}`)]],
  ['UTF-8 with a mark', (wire) => [head(wire), `\uFEFF${whole(wire)}`]],
  ['no type at all', (wire) => ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n', whole(wire)]],
  ['HTTP/1.0', (wire) => [`HTTP/1.0 200 OK\r\nContent-Type: ${wire.contentType}\r\n\r\n`, whole(wire)]],
  [
    'chunks and trailers',
    (wire) => [head(wire, 'Transfer-Encoding: chunked', 'Trailer: X-Sum'), chunk(whole(wire)), '0\r\nX-Sum: 1\r\n\r\n'],
  ],
  ['a length', (wire) => [head(wire, `Content-Length: ${Buffer.byteLength(whole(wire))}`), whole(wire)]],
  [
    'a length that leaves something over',
    (wire) => [head(wire, `Content-Length: ${Buffer.byteLength(whole(wire))}`), whole(wire), 'more'],
  ],
  [
    'early hints and a word to go on',
    (wire) => [
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n',
      head(wire),
      whole(wire),
    ],
  ],
  ['lines that end in CR', (wire) => [head(wire), whole(wire).replaceAll('\n', '\r')]],
  ['lines that end in CR and LF', (wire) => [head(wire), whole(wire).replaceAll('\n', '\r\n')]],
];

const RETRY = 'retry: 5000\n\n';
const cutGzip = (wire: WireUnderTest) => gzipSync(whole(wire)).subarray(0, -12);
const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, 'x'));

/** The bytes that come, none whole: each fails with a code that is tried again. */
const BROKEN: readonly (readonly [string, (wire: WireUnderTest) => readonly Bytes[]])[] = [
  [
    'HTTP/1.0 without the last frame',
    (wire) => [`HTTP/1.0 200 OK\r\nContent-Type: ${wire.contentType}\r\n\r\n`, half(wire)],
  ],
  ['a length that is longer', (wire) => [head(wire, 'Content-Length: 100000'), half(wire)]],
  [
    'a length that cuts the end',
    (wire) => [
      head(wire, `Content-Length: ${Buffer.byteLength(whole(wire)) - wire.finish('stop').length}`),
      whole(wire),
    ],
  ],
  ['a chunk that is cut', (wire) => [head(wire, 'Transfer-Encoding: chunked'), chunk(whole(wire)).subarray(0, 40)]],
  ['chunks without their end', (wire) => [head(wire, 'Transfer-Encoding: chunked'), chunk(half(wire))]],
  [
    'a chunk without a size',
    (wire) => [head(wire, 'Transfer-Encoding: chunked'), chunk(half(wire)), 'zz\r\n', whole(wire)],
  ],
  [
    'gzip that is cut',
    (wire) => [head(wire, 'Content-Encoding: gzip'), cutGzip({ ...wire, finish: () => wire.text('x'.repeat(500)) })],
  ],
  [
    'brotli that is cut',
    (wire) => [head(wire, 'Content-Encoding: br'), brotliCompressSync(half(wire)).subarray(0, 20)],
  ],
  ['deflate that is cut', (wire) => [head(wire, 'Content-Encoding: deflate'), deflateSync(half(wire)).subarray(0, 20)]],
  ['brotli that is none', (wire) => [head(wire, 'Content-Encoding: br'), whole(wire)]],
  ['a bomb', (wire) => [head(wire, 'Content-Encoding: gzip'), bomb]],
  ['a frame of 10 MB', (wire) => [head(wire), wire.text('x'.repeat(10_000_000)), wire.finish('stop')]],
  ['nothing', (wire) => [head(wire)]],
];

describe.each(Object.values(WIRES))('bytes of $name', (wire) => {
  for (const [what, bytes, text = TEXT] of WHOLE) {
    it(`are read whole: ${what}`, async () => {
      const outcome = await asked(wire, sending(...bytes(wire)));
      expect([outcome.text, outcome.error]).toEqual([text, undefined]);
      expect(outcome.finish).toMatchObject({ stopReason: 'stop' });
    });
  }

  it.each(BROKEN)('fail to be tried again: %s', async (_what, bytes) => {
    const { error, finish } = await asked(wire, sending(...bytes(wire)));
    expect([RETRIED_BY_DEFAULT.some((code) => code === error?.code), finish]).toEqual([true, undefined]);
  });

  it.each([301, 302, 303, 307, 308])('lead nowhere else: %s', async (status) => {
    const location = `Location: ${elsewhere.root}/v1/chat/completions`;
    const { error } = await asked(
      wire,
      sending(`HTTP/1.1 ${status} Moved\r\n${location}\r\nContent-Length: 0\r\n\r\n`),
    );
    expect(error).toMatchObject({ code: 'invalid_request' });
    expect(elsewhere.heads).toEqual([]);
  });

  it.each(['204 No Content', '304 Not Modified', '205 Reset Content'])('are no answer: %s', async (status) => {
    const { error, finish } = await asked(wire, sending(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`));
    expect([error?.code, finish]).toEqual([expect.stringMatching(/invalid_request|incomplete_stream/), undefined]);
  });

  it('that say how long to wait before one comes again are no words', async () => {
    const { text, error } = await asked(wire, sending(head(wire), RETRY, 'id: 7\n', whole(wire), RETRY));
    expect([text, error]).toEqual([TEXT, undefined]);
  });

  it('that come one at a time end with the call', async () => {
    const drip = (socket: Socket) => {
      socket.write(head(wire));
      const timer = setInterval(() => socket.write(wire.text('a')[0] ?? ''), 100);
      socket.on('close', () => {
        clearInterval(timer);
      });
    };
    const { error } = await asked(wire, drip, { timeoutMs: 1500, options: { idleTimeoutSeconds: 1 } });
    expect(error).toMatchObject({ code: 'timeout' });
  });
});
