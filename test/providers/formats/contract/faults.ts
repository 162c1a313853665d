import type { ServerResponse } from 'node:http';
import { beginStream } from '../../../support/fault-server.js';
import type { WireUnderTest } from './wire-under-test.js';

export type Answer = (response: ServerResponse) => void;

/** A whole head and the beginning of an answer, then what the test is about. */
export function midway(wire: WireUnderTest, then: Answer): Answer {
  return (response) => {
    beginStream(response, wire.contentType);
    response.write(wire.text('The beginning'), () => {
      then(response);
    });
  };
}

export function answerJson(status: number, body: unknown): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

/** What happened, what the server does, and the code that the call has to end with. */
export function faultsOf(wire: WireUnderTest): readonly (readonly [string, Answer, string])[] {
  return [...connectionFaults(), ...streamFaults(wire), ...answersThatAreNone(wire), ...STATUSES];
}

function connectionFaults(): readonly (readonly [string, Answer, string])[] {
  return [
    ['the connection is reset before the answer', (response) => response.socket?.resetAndDestroy(), 'network'],
    ['the connection is closed before the answer', (response) => response.socket?.destroy(), 'network'],
    [
      'the connection breaks within the headers',
      (response) => response.socket?.end('HTTP/1.1 200 OK\r\nconte'),
      'network',
    ],
    ['the answer is not HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n'), 'network'],
    ['nothing is answered', () => undefined, 'timeout'],
  ];
}

function streamFaults(wire: WireUnderTest): readonly (readonly [string, Answer, string])[] {
  const halfway = (then: Answer) => midway(wire, then);
  const filtered = wire.filtered;
  return [
    [
      'the headers come and no body',
      (response) => {
        beginStream(response, wire.contentType);
        response.flushHeaders();
      },
      'timeout',
    ],
    [
      'the connection is reset in the answer',
      halfway((response) => response.socket?.resetAndDestroy()),
      'incomplete_stream',
    ],
    ['the connection is closed in the answer', halfway((response) => response.socket?.destroy()), 'incomplete_stream'],
    ['the answer ends without its terminal event', halfway((response) => response.end()), 'incomplete_stream'],
    ['the answer ends within a frame', halfway((response) => response.end(wire.cutFrame)), 'incomplete_stream'],
    ['a frame is no JSON', halfway((response) => response.end(wire.nonsense)), 'incomplete_stream'],
    ['the answer stalls', halfway(() => undefined), 'timeout'],
    [
      'a line has no end',
      (response) => {
        pourEndlessLine(response, wire);
      },
      'incomplete_stream',
    ],
    [
      'one chunk has 50 MB',
      (response) => {
        sendHugeChunk(response, wire);
      },
      'incomplete_stream',
    ],
    ['an error comes within the stream', halfway((response) => response.end(wire.overloaded())), 'overloaded'],
    [
      'the model ends without a word',
      (response) => {
        endAtOnce(response, wire);
      },
      'incomplete_stream',
    ],
    ...(filtered === undefined
      ? []
      : [['a filter stops the answer', halfway((response) => response.end(filtered)), 'content_filter'] as const]),
    ...(filtered === undefined
      ? []
      : ([
          [
            'the connection breaks after a filter has stopped the answer',
            halfway((response) => response.write(filtered, () => response.destroy())),
            'content_filter',
          ],
        ] as const)),
  ];
}

function answersThatAreNone(wire: WireUnderTest): readonly (readonly [string, Answer, string])[] {
  return [
    [
      'an error comes with status 200',
      answerJson(200, { error: { code: 'insufficient_quota', message: 'pay' } }),
      'quota',
    ],
    [
      'a web page comes',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'invalid_request',
    ],
    [
      'a web page comes without saying what it is',
      (response) => response.writeHead(200, { 'content-type': wire.contentType }).end('<html>'),
      'incomplete_stream',
    ],
    [
      'the body of an error is cut',
      (response) => response.writeHead(503, { 'content-length': 100 }).write('{"err', () => response.destroy()),
      'overloaded',
    ],
    ['there is no content', (response) => response.writeHead(204).end(), 'invalid_request'],
  ];
}

const STATUSES: readonly (readonly [string, Answer, string])[] = [
  ['the key is wrong', answerJson(401, { error: { message: 'who are you' } }), 'auth'],
  ['there is no credit', answerJson(402, { error: { message: 'pay first' } }), 'quota'],
  ['the provider fails', answerJson(500, { error: { message: 'oops' } }), 'server'],
  ['the provider is overloaded', answerJson(529, { error: { message: 'later' } }), 'overloaded'],
  [
    'the prompt is too long',
    answerJson(400, { error: { message: 'prompt is too long: 250000 tokens > 200000 maximum' } }),
    'context_length',
  ],
];

function pourEndlessLine(response: ServerResponse, wire: WireUnderTest): void {
  beginStream(response, wire.contentType);
  const part = 'x'.repeat(64 * 1024);
  const pour = (): void => {
    while (!response.destroyed && response.write(part));
    if (!response.destroyed) response.once('drain', pour);
  };
  response.write(wire.cutFrame);
  pour();
}

function sendHugeChunk(response: ServerResponse, wire: WireUnderTest): void {
  beginStream(response, wire.contentType);
  response.end(wire.text('x'.repeat(50 * 1024 * 1024)) + wire.finish('stop'));
}

function endAtOnce(response: ServerResponse, wire: WireUnderTest): void {
  beginStream(response, wire.contentType);
  response.end(wire.finish('stop'));
}
