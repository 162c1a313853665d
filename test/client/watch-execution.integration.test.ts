import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { StreamError, watchExecution, type StreamEvent, type WatchOptions } from '../../src/client/index.js';
import { eventually } from '../support/eventually.js';
import { chunk, completed, sseFrames, started, TEXT } from '../support/execution-events.js';

type Visit = (response: ServerResponse) => void;

function send(response: ServerResponse, events: readonly StreamEvent[]): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(sseFrames(events));
}

const ends =
  (...events: StreamEvent[]): Visit =>
  (response) => {
    send(response, events);
    response.end();
  };
const breaks =
  (...events: StreamEvent[]): Visit =>
  (response) => {
    send(response, events);
    response.write('id: 99\ndata: {"exec', () => response.destroy());
  };

describe('a client that watches an execution', () => {
  let server: Server;
  let visits: Visit[];
  let cursors: (string | undefined)[];
  let urls: string[];

  beforeEach(async () => {
    [visits, cursors, urls] = [[], [], []];
    server = createServer((request, response) => {
      const cursor = request.headers['last-event-id'];
      cursors.push(typeof cursor === 'string' ? cursor : undefined);
      urls.push(request.url ?? '');
      (visits.shift() ?? ((none) => none.writeHead(204).end()))(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const watch = (options: Partial<WatchOptions> = {}) =>
    watchExecution({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      executionId: 'doc-1:review:1',
      ...options,
    });

  it('shows the text as it grows, and says that it is the stored one', async () => {
    visits = [ends(started(0), chunk(1, 'Größe: '), chunk(2, '😀.'), completed(3))];
    const watched = watch();
    const texts: string[] = [];
    watched.subscribe(() => texts.push(watched.view.text));
    expect(await watched.finished()).toMatchObject({ eventType: 'completed' });
    expect(texts).toEqual(['', 'Größe: ', TEXT, TEXT]);
    expect(watched.view).toMatchObject({ text: TEXT, status: 'completed' });
    expect(watched.isVerified).toBe(true);
    expect(urls).toEqual(['/agent-stream/doc-1%3Areview%3A1']);
  });

  it('comes again with its cursor when the connection breaks, and misses and repeats nothing', async () => {
    visits = [
      breaks(started(0), chunk(1, 'Größe: ')),
      (response) => response.destroy(),
      ends(),
      ends(chunk(2, '😀.'), completed(3)),
    ];
    const lost: number[] = [];
    const watched = watch({ onReconnect: ({ attempt }) => lost.push(attempt) });
    const sequences: number[] = [];
    for await (const event of watched) sequences.push(event.sequence);
    expect(sequences).toEqual([0, 1, 2, 3]);
    expect(cursors).toEqual([undefined, '1', '1', '1']);
    expect(lost).toEqual([1, 2, 3]);
    expect(watched.isVerified).toBe(true);
  });

  it('drops what a new attempt voids, and what a lost log shows again', { tags: 'attempts-void' }, async () => {
    visits = [
      ends(started(0), chunk(1, 'nonsense'), started(2, 2), chunk(3, 'Größe: ', 2)),
      ends(started(0, 2), chunk(1, TEXT, 2), completed(2, 2)),
    ];
    const watched = watch();
    await watched.finished();
    expect([watched.view.text, watched.isVerified]).toEqual([TEXT, true]);
  });

  it('takes the stored answer where the chunks are not it, and says so', async () => {
    visits = [ends(started(0), chunk(1, 'Größe'), completed(2))];
    const watched = watch();
    await watched.finished();
    expect([watched.view.text, watched.isVerified]).toEqual([TEXT, false]);
  });

  it('waits for a server that is busy, as long as that asks for', async () => {
    visits = [(response) => response.writeHead(503, { 'retry-after': '0' }).end(), ends(started(0), completed(1))];
    await watch().finished();
    expect(cursors).toHaveLength(2);
  });

  it('throws what the server has refused for good, with its code', async () => {
    const error = { code: 'NOT_FOUND', message: 'There is no execution "e1".' };
    visits = [(response) => response.writeHead(404).end(JSON.stringify({ error }))];
    await expect(watch().finished()).rejects.toMatchObject({ name: 'StreamError', ...error });
    visits = [(response) => response.writeHead(401).end('<html>')];
    await expect(watch().finished()).rejects.toBeInstanceOf(StreamError);
    expect(cursors).toHaveLength(2);
  });

  it('goes on from a cursor, with the types that are wanted, and sends its headers', async () => {
    visits = [ends(completed(8))];
    const watched = watch({ after: 7, types: ['content_chunk', 'thinking'] });
    await watched.finished();
    expect(cursors).toEqual(['7']);
    expect(urls).toEqual(['/agent-stream/doc-1%3Areview%3A1?types=content_chunk%2Cthinking']);
  });

  it('calls fetch on its own and never as a method, which browsers refuse', async () => {
    visits = [ends(started(0), completed(1))];
    const receivers: unknown[] = [];
    async function picky(this: unknown, ...request: Parameters<typeof fetch>): Promise<Response> {
      receivers.push(this);
      return await fetch(...request);
    }
    await watch({ fetch: picky }).finished();
    expect(receivers).toEqual([undefined]);
  });

  it('ends at once when it is aborted, with the reason, while it reads and while it waits', async () => {
    const reason = new Error('the page was closed');
    for (const visit of [
      (response: ServerResponse) => {
        send(response, [started(0)]);
      },
      ends(),
    ]) {
      visits = [visit];
      const controller = new AbortController();
      const watching = watch({ signal: controller.signal }).finished();
      setTimeout(() => {
        controller.abort(reason);
      }, 60);
      await expect(watching).rejects.toBe(reason);
    }
  });

  it('closes its connection when nobody reads on', async () => {
    let closed = false;
    visits = [
      (response) => {
        response.on('close', () => {
          closed = true;
        });
        send(response, [started(0), chunk(1, 'a')]);
      },
    ];
    for await (const event of watch()) if (event.eventType === 'content_chunk') break;
    await eventually(() => {
      expect(closed).toBe(true);
    });
  });
});
