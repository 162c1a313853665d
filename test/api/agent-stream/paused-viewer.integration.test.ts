import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import type { StreamEvent } from '../../../src/core/streams/stream-event.js';
import type { StreamWriter } from '../../../src/streams/stream-log.js';
import { apiUnderTest, type ApiUnderTest } from '../../support/api-under-test.js';
import { sha256, streamFaults, StreamViewer } from '../../support/stream-viewer.js';

const ID = 'long';
const KIB = 1024;
/** Attempts that were lost, with what they had said: 20 MB, more than the kernel takes for one who does not read. */
const LOST_ATTEMPTS = 20;
const CHUNKS_EACH = 16;
const BACKLOG = LOST_ATTEMPTS * (1 + CHUNKS_EACH);
const LIVE = Array.from({ length: 50 }, (_, n) => `live ${n} `);
const ANSWER = LIVE.join('');
const OTHERS = 999;

const END = {
  eventType: 'completed',
  final_response: ANSWER,
  length: Buffer.byteLength(ANSWER),
  sha256: sha256(ANSWER),
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
} as const;

/** One who watches by some door and can stand still. */
interface Reader {
  readonly viewer: StreamViewer;
  readonly over: Promise<unknown>;
  pause(): void;
  resume(): void;
}

const QUERY = `subscription { agentExecutionStream(executionId: "${ID}") {
  executionId sequence turn attempt eventType content final_response: finalResponse sha256 timestamp } }`;

function overSocket(socket: WebSocket, eventOf: (message: unknown) => StreamEvent | undefined): Reader {
  const viewer = new StreamViewer();
  socket.on('message', (data: Buffer) => {
    const event = eventOf(JSON.parse(data.toString('utf8')));
    if (event !== undefined) viewer.take(event);
  });
  const over = once(socket, 'close');
  return {
    viewer,
    over,
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
  };
}

const asItIs = (message: unknown) => message as StreamEvent;

/** By each door from the first event on. */
const DOORS: Readonly<Record<string, (address: string) => Promise<Reader>>> = {
  WebSocket: (address) =>
    Promise.resolve(overSocket(new WebSocket(`${address.replace('http', 'ws')}/agent-stream/${ID}`), asItIs)),

  GraphQL: async (address) => {
    const socket = new WebSocket(`${address.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
    const reader = overSocket(socket, (message) => {
      const { type, payload } = message as { type: string; payload: { data: { agentExecutionStream: StreamEvent } } };
      if (type === 'complete') socket.close();
      return type === 'next' ? payload.data.agentExecutionStream : undefined;
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init' }));
    await once(socket, 'message');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY } }));
    return reader;
  },

  'server-sent events': async (address) => {
    const request = get(`${address}/agent-stream/${ID}`, { agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const viewer = new StreamViewer();
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const blocks = `${rest}${text}`.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (data !== undefined) viewer.take(JSON.parse(data) as StreamEvent);
      }
    });
    return {
      viewer,
      over: once(response, 'end'),
      pause: () => {
        response.pause();
      },
      resume: () => {
        response.resume();
      },
    };
  },
};

describe('a viewer that stands still among a thousand', () => {
  let api: ApiUnderTest;
  let address: string;
  let writer: StreamWriter;
  const serverSide: Socket[] = [];

  beforeEach(async () => {
    api = await apiUnderTest();
    api.app.server.on('connection', (socket: Socket) => serverSide.push(socket));
    address = await api.listen();
    for (let epoch = 1; epoch <= LOST_ATTEMPTS; epoch += 1) {
      const lost = await api.streams.open(ID, { epoch, turn: 1, reason: 'first' });
      const content = 'o'.repeat(64 * KIB);
      for (let n = 0; n < CHUNKS_EACH; n += 1) await lost.append([{ eventType: 'content_chunk', content }]);
    }
    writer = await api.streams.open(ID, { epoch: LOST_ATTEMPTS + 1, turn: 1, reason: 'worker_lost' });
  });
  afterEach(() => api.stop());

  async function theOthers(): Promise<readonly Reader[]> {
    const path = `/agent-stream/${ID}?after=${BACKLOG}`;
    const readers: Reader[] = [];
    while (readers.length < OTHERS) {
      // More at once than the kernel keeps for who accepts them, and some would be dropped.
      const length = Math.min(100, OTHERS - readers.length);
      const some = Array.from({ length }, () => new WebSocket(`${address.replace('http', 'ws')}${path}`));
      readers.push(...some.map((socket) => overSocket(socket, asItIs)));
      await Promise.all(some.map((socket) => once(socket, 'open')));
    }
    while (api.reader.stats().viewers < OTHERS) await new Promise((resolve) => setTimeout(resolve, 10));
    return readers;
  }

  it.each(Object.keys(DOORS))('%s: costs little, keeps nobody waiting, and ends with the right text', async (door) => {
    const others = await theOthers();
    const paused = await DOORS[door]?.(address);
    if (paused === undefined) throw new Error('there is no such door');
    while (paused.viewer.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    paused.pause();
    let waiting = 0;
    for (const content of LIVE) {
      await writer.append([{ eventType: 'content_chunk', content }]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      waiting = Math.max(waiting, ...serverSide.map((socket) => socket.writableLength));
    }
    await api.streams.close(ID, { turn: 1, attempt: LOST_ATTEMPTS + 1, body: END });
    await Promise.all(others.map(({ over }) => over));
    for (const { viewer } of others) expect(viewer.text).toBe(ANSWER);
    expect(paused.viewer.last?.eventType).not.toBe('completed');
    expect(waiting).toBeGreaterThan(0);
    // 64 KiB, and the event that came last: a chunk is 64 KiB, too.
    expect(waiting).toBeLessThan(256 * KIB);
    paused.resume();
    await paused.over;
    expect(paused.viewer.text).toBe(ANSWER);
    expect(paused.viewer.last).toMatchObject({ eventType: 'completed', final_response: ANSWER, sha256: END.sha256 });
    expect(streamFaults(paused.viewer.events)).toEqual([]);
  });
});
