import { once } from 'node:events';
import { connect } from 'node:net';

import { createClient, type Client } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { CircuitBreakerError } from '../../../src/core/errors.js';
import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { NOW } from '../../support/builders.js';

/** A closed log of five events: an attempt, three chunks, the end. */
const DONE = 'done';
const OPEN = 'open';
/** Chosen by a plain Temporal client, which has other rules. */
const FOREIGN = 'orders/42 für 100% Öl:go:1';
/** Nothing of it is left in the log: its stored execution says that its last sequence was 9. */
const EXPIRED = 'expired';
/** As long as an id may be. */
const LONG_ID = `${'token:'.repeat(33)}12`;
const SSE = { headers: { accept: 'text/event-stream' } };

let api: ApiUnderTest;
let address = '';

beforeAll(async () => {
  api = await apiUnderTest();
  address = await api.listen();
  const writer = await api.streams.open(DONE, { epoch: 1, turn: 1, reason: 'first' });
  for (const content of ['a', 'b', 'c']) await writer.append([{ eventType: 'content_chunk', content }]);
  await api.streams.open(LONG_ID, { epoch: 1, turn: 1, reason: 'first' });
  await api.streams.open(FOREIGN, { epoch: 1, turn: 1, reason: 'first' });
  const begun = await api.streams.open(OPEN, { epoch: 1, turn: 1, reason: 'first' });
  await begun.append([{ eventType: 'content_chunk', content: 'a' }]);
  await expired();
  const body = { eventType: 'completed', final_response: 'abc', length: 3, sha256: 'x', usage: USAGE } as const;
  await api.streams.close(DONE, { turn: 1, attempt: 1, body });
});
afterAll(async () => {
  await api.stop();
});

async function expired(): Promise<void> {
  const { executions } = api.storage;
  const request = { executionId: EXPIRED, agentId: 'writer', input: {} };
  await executions.create(pendingExecution(request, NOW));
  await executions.update(EXPIRED, { status: 'COMPLETED', finalResponse: 'abc', completedAt: NOW, lastSequence: 9 });
}

const USAGE = { inputTokens: 1, outputTokens: 3, totalTokens: 4 };

interface Watched {
  readonly events: readonly StreamEvent[];
  readonly code: number;
}

async function overWebSocket(path: string, headers: Record<string, string> = {}): Promise<Watched> {
  const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${path}`, { headers });
  const events: StreamEvent[] = [];
  socket.on('message', (data: Buffer) => events.push(JSON.parse(data.toString('utf8')) as StreamEvent));
  const [code] = (await once(socket, 'close')) as [number];
  return { events, code };
}

async function refusedUpgrade(path: string): Promise<number> {
  const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${path}`);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
  socket.terminate();
  return response.statusCode;
}

async function overSse(path: string, lastEventId?: string): Promise<{ status: number; sequences: number[] }> {
  const headers = { ...SSE.headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
  const response = await fetch(`${address}/agent-stream/${path}`, { headers });
  const text = await response.text();
  return { status: response.status, sequences: [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)) };
}

describe('a stream over WebSocket', () => {
  it('is one JSON text per event and closes with 1000', async () => {
    const { events, code } = await overWebSocket(DONE);
    expect(events.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(events.at(-1)).toMatchObject({ executionId: DONE, eventType: 'completed', final_response: 'abc' });
    expect(code).toBe(1000);
  });

  it('goes on behind the cursor; beyond the end of an ended log there is only the end', async () => {
    expect((await overWebSocket(`${DONE}?after=2`)).events.map(({ sequence }) => sequence)).toEqual([3, 4]);
    expect(await overWebSocket(`${DONE}?after=4`)).toEqual({ events: [], code: 1000 });
    expect(await overWebSocket(`${DONE}?after=99`)).toEqual({ events: [], code: 1000 });
  });

  it('gives only the types that were asked for, and beginnings and ends in any case', async () => {
    const { events } = await overWebSocket(`${DONE}?types=thinking`);
    expect(events.map(({ eventType }) => eventType)).toEqual(['attempt_started', 'completed']);
  });

  it('has the shape of a Rust enum where that is wanted, cursors and filters as ever', async () => {
    const { events, code } = await overWebSocket(`${DONE}?format=tagged&after=2`);
    expect(events).toEqual([
      { ContentChunk: { execution_id: DONE, chunk: 'c', sequence: 3 } },
      {
        Completed: {
          execution_id: DONE,
          final_response: 'abc',
          usage: { input_tokens: 1, output_tokens: 3, total_tokens: 4 },
        },
      },
    ]);
    expect(code).toBe(1000);
    expect((await overWebSocket(`${DONE}?format=tagged`)).events).toHaveLength(4);
  });

  it.each([
    ['nobody', 404],
    [`${DONE}?after=-1`, 400],
    [`${DONE}?after=1.5`, 400],
    [`${DONE}?after=99999999999999999999`, 400],
    [`${DONE}?types=moon`, 400],
    [`${DONE}?format=xml`, 400],
    [`${DONE}?after=`, 400],
    ['%E0%A4%A', 404],
    ['*', 404],
    ['%3E', 404],
    ['a%20b', 404],
    ['a%00b', 404],
    [`${LONG_ID}3`, 404],
  ])('%s is refused with the status %i, and with a close code where a browser asks', async (path, status) => {
    expect(await refusedUpgrade(path)).toBe(status);
    expect((await overWebSocket(path, { origin: address })).code).toBe(4000 + status);
  });
});

/** The first events of a stream that is still open. */
async function firstOverWebSocket(path: string): Promise<StreamEvent> {
  const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${path}`);
  const [data] = (await once(socket, 'message')) as [Buffer];
  socket.terminate();
  return JSON.parse(data.toString('utf8')) as StreamEvent;
}

async function firstOverSse(path: string, lastEventId?: string): Promise<string> {
  const abort = new AbortController();
  const headers = { ...SSE.headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
  const response = await fetch(`${address}/agent-stream/${path}`, { headers, signal: abort.signal });
  const first = await response.body?.getReader().read();
  abort.abort();
  return Buffer.from(first?.value ?? []).toString('utf8');
}

describe('every door', () => {
  it('shows an open stream from its beginning to one whose cursor is beyond it', async () => {
    expect(await firstOverWebSocket(`${OPEN}?after=1000000`)).toMatchObject({ sequence: 0 });
    expect(await firstOverSse(OPEN, '1000000')).toMatch(/^id: 0\n/);
  });

  it('serves an id of 200 characters', async () => {
    expect(await firstOverWebSocket(LONG_ID)).toMatchObject({ executionId: LONG_ID, sequence: 0 });
    expect(await firstOverSse(encodeURIComponent(LONG_ID))).toMatch(/^id: 0\n/);
  });

  it.each([
    ['encoded', encodeURIComponent(FOREIGN)],
    ['with its slashes', FOREIGN.split('/').map(encodeURIComponent).join('/')],
  ])('serves an id that a plain Temporal client chose, %s', async (_how, path) => {
    expect(await firstOverWebSocket(path)).toMatchObject({ executionId: FOREIGN, sequence: 0 });
    expect(await firstOverSse(path)).toMatch(/^id: 0\n/);
  });

  it('takes what is said twice as it was said first', async () => {
    const path = `${DONE}?after=2&after=x&types=thinking&types=moon`;
    expect((await overWebSocket(path)).events.map(({ sequence }) => sequence)).toEqual([4]);
    expect(await overSse(path)).toEqual({ status: 200, sequences: [4] });
  });

  it.each([
    ['', [7, 8, 9]],
    ['?after=6', [7, 8, 9]],
    ['?after=8', [9]],
  ])('tells a stream whose log is gone from storage, with the cursor %s', async (query, sequences) => {
    expect((await overWebSocket(`${EXPIRED}${query}`)).events.map(({ sequence }) => sequence)).toEqual(sequences);
    expect(await overSse(`${EXPIRED}${query}`)).toEqual({ status: 200, sequences });
  });

  it('has nothing left of an ended stream for one who has seen its end, whether or not its log is there', async () => {
    for (const path of [`${DONE}?after=4`, `${EXPIRED}?after=9`]) {
      expect(await overWebSocket(path)).toEqual({ events: [], code: 1000 });
      expect(await overSse(path)).toEqual({ status: 204, sequences: [] });
    }
  });
});

describe('a stream over server-sent events', () => {
  it('has an id and data for each event and ends', async () => {
    expect(await overSse(DONE)).toEqual({ status: 200, sequences: [0, 1, 2, 3, 4] });
  });

  it('has the shape of a Rust enum where that is wanted; the beginning of a first attempt is none of its variants', async () => {
    expect(await overSse(`${DONE}?format=tagged`)).toEqual({ status: 200, sequences: [1, 2, 3, 4] });
  });

  it('follows Last-Event-ID before ?after', async () => {
    expect(await overSse(`${DONE}?after=0`, '2')).toEqual({ status: 200, sequences: [3, 4] });
  });

  it('answers 204 when nothing is left, which stops an EventSource', async () => {
    expect(await overSse(DONE, '4')).toEqual({ status: 204, sequences: [] });
  });

  it.each([
    ['nobody', undefined, 404],
    ['*', undefined, 404],
    ['%3E', undefined, 404],
    [`${LONG_ID}3`, undefined, 404],
    [DONE, '-1', 400],
    [DONE, 'abc', 400],
    [DONE, '99999999999999999999', 400],
    [`${DONE}?after=x`, undefined, 400],
    [`${DONE}?after=-1`, undefined, 400],
    [`${DONE}?after=`, undefined, 400],
    [`${DONE}?types=moon`, undefined, 400],
    [`${DONE}?format=xml`, undefined, 400],
    ['a'.repeat(1001), undefined, 404],
    ['a%00b', undefined, 404],
  ])('%s behind %s is refused with %i and a code', async (path, lastEventId, status) => {
    const headers = { ...SSE.headers, ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
    const response = await fetch(`${address}/agent-stream/${path}`, { headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code: expect.stringMatching(/^[A-Z_]+$/) as unknown } });
  });

  it('asks an EventSource to come again while the log is away, since any other answer would be the last word', async () => {
    vi.spyOn(api.streams, 'read').mockRejectedValueOnce(new CircuitBreakerError('UNAVAILABLE', 'The log\nis away.'));
    const response = await fetch(`${address}/agent-stream/${DONE}`, SSE);
    expect([response.status, await response.text()]).toEqual([200, ': UNAVAILABLE: The log is away.\nretry: 5000\n\n']);
  });

  it('sends its headers at once, though the execution has not begun', async () => {
    const request = { executionId: 'waiting', agentId: 'writer', input: {} };
    await api.storage.executions.create(pendingExecution(request, NOW));
    const abort = new AbortController();
    const response = await fetch(`${address}/agent-stream/waiting`, { ...SSE, signal: abort.signal });
    expect(response.status).toBe(200);
    abort.abort();
  });
});

describe('a stream over GraphQL', () => {
  const query = `subscription ($id: String!, $after: Int, $types: [AgentStreamEventType!]) {
    agentExecutionStream(executionId: $id, after: $after, eventTypes: $types) { sequence eventType finalResponse }
  }`;

  async function overGraphql(variables: object): Promise<{ events: unknown[]; errors: unknown }> {
    const client: Client = createClient({ url: `${address.replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket });
    const events: unknown[] = [];
    const errors = await new Promise((resolve) => {
      client.subscribe<{ agentExecutionStream: unknown }>(
        { query, variables: { ...variables } },
        {
          next: ({ data, errors }) => events.push(data?.agentExecutionStream ?? errors),
          error: resolve,
          complete: () => {
            resolve(undefined);
          },
        },
      );
    });
    await client.dispose();
    return { events, errors };
  }

  it('has the same events in camel case and completes', async () => {
    const { events, errors } = await overGraphql({ id: DONE, after: 3 });
    expect(events).toEqual([{ sequence: 4, eventType: 'completed', finalResponse: 'abc' }]);
    expect(errors).toBeUndefined();
  });

  it.each([
    [{ id: 'nobody' }, 'NOT_FOUND'],
    [{ id: DONE, after: -1 }, 'VALIDATION_FAILED'],
  ])('%o is an error with the code %s', async (variables, code) => {
    const { events, errors } = await overGraphql(variables);
    expect(JSON.stringify([events, errors])).toContain(code);
  });
});

describe('a socket that keeps to no protocol', () => {
  it('and says something to a stream, in text or bytes, is not listened to', async () => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${OPEN}`);
    await once(socket, 'open');
    socket.send('{"type":"subscribe"}');
    socket.send(Buffer.from([0xff, 0, 0xfe]), { binary: true });
    socket.ping();
    await once(socket, 'pong');
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });

  it.each(['//', 'http://[::1', '/agent-stream/done%00?after=%'])('and asks for %s ends alone', async (target) => {
    const { hostname, port } = new URL(address);
    const socket = connect(Number(port), hostname);
    const head = ['Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'].join('\r\n');
    socket.end(`GET ${target} HTTP/1.1\r\n${head}\r\n\r\n`);
    await once(socket.resume(), 'close');
    expect((await api.app.inject('/health/live')).statusCode).toBe(200);
  });

  it.each([
    ['not JSON', 4400],
    [JSON.stringify({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } }), 4401],
  ])('and says %s is closed with %i', async (message, code) => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(message);
    expect(((await once(socket, 'close')) as [number])[0]).toBe(code);
  });

  it('nowhere is answered 404', async () => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/elsewhere`);
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(response.statusCode).toBe(404);
  });
});
