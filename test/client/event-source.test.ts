import { describe, expect, it, vi } from 'vitest';

import { visit, type VisitEnd } from '../../src/client/event-source.js';
import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { chunk, completed, sseFrames, started, TEXT } from '../support/execution-events.js';
import { inNoTime } from '../support/in-no-time.js';
import { eventStream, neverAnswers, nothingLeft, PlayedFetch, sends } from '../support/played-fetch.js';

const EVENTS = [started(0), chunk(1, TEXT), completed(2)];
const URL = 'http://api/agent-stream/e1';

async function visited(
  answer: ConstructorParameters<typeof PlayedFetch>[0][number],
  after?: number,
): Promise<{ readonly events: readonly StreamEvent[]; readonly end: VisitEnd }> {
  const { fetch } = new PlayedFetch([answer]);
  const visiting = visit({ url: URL, after, headers: {}, fetch, signal: new AbortController().signal });
  const events: StreamEvent[] = [];
  for (;;) {
    const { done, value } = await visiting.next();
    if (done === true) return { events, end: value };
    events.push(value);
  }
}

function bytesOf(text: string): readonly Uint8Array[] {
  return Array.from(new TextEncoder().encode(text), (byte) => Uint8Array.of(byte));
}

describe('what a visit reads', () => {
  it('are the same events however the network cuts them, also within a character', async () => {
    const { events } = await visited(() => eventStream(...bytesOf(sseFrames(EVENTS))));
    expect(events).toEqual(EVENTS);
  });

  it('are the same events with other ends of lines, and with comments between and within them', async () => {
    const frames = `:\n\n${sseFrames(EVENTS)}`.replaceAll('data:', ': still here\ndata:').replaceAll('\n', '\r\n');
    const { events } = await visited(() => eventStream(...bytesOf(frames)));
    expect(events).toEqual(EVENTS);
  });

  it('is not an event that has not come whole', async () => {
    const whole = sseFrames(EVENTS);
    const { events, end } = await visited(() => eventStream(new TextEncoder().encode(whole.slice(0, -1))));
    expect(events).toEqual(EVENTS.slice(0, -1));
    expect(end.type).toBe('again');
  });

  it.each(['<html>', 'null', '{"sequence":1}'])('is refused where it is no event of an execution: %s', async (data) => {
    const answer = () => eventStream(new TextEncoder().encode(`data: ${data}\n\n`));
    await expect(visited(answer)).rejects.toMatchObject({ name: 'StreamError', code: 'UNEXPECTED_ANSWER' });
  });
});

describe('what a visit ends with', () => {
  it.each([
    ['200 with text/html', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['200 with no content type', () => new Response(new Uint8Array(1))],
    ['204 with no content type', nothingLeft],
    ['404 with text/html', () => new Response('<html>', { status: 404, headers: { 'content-type': 'text/html' } })],
  ])('is an error that says what was received and where, if that is not of the API: %s', async (received, answer) => {
    const message = expect.stringContaining(`${URL} answered ${received}`) as string;
    await expect(visited(answer)).rejects.toMatchObject({ name: 'StreamError', code: 'UNEXPECTED_ANSWER', message });
  });

  it.each([
    ['3', 3000],
    ['2592000', 300_000],
    ['1e400', 300_000],
    ['-1', 0],
    ['soon', 0],
    ['Wed, 21 Oct 2037 07:28:00 GMT', 0],
  ])('says that a server which is busy for %s is to be asked again after %i ms', async (seconds, afterMs) => {
    const { end } = await visited(() => new Response(null, { status: 503, headers: { 'retry-after': seconds } }));
    expect(end).toMatchObject({ type: 'again', afterMs });
  });

  it('has why the server is busy, and how long it says so beside the reason', async () => {
    const error = { code: 'UNAVAILABLE', message: 'There are 10,000 open streams.', retryAfterSeconds: 5 };
    const { end } = await visited(() => Response.json({ error }, { status: 503 }));
    expect(end).toMatchObject({ type: 'again', afterMs: 5000, reason: { code: error.code, message: error.message } });
  });

  it('has nothing left to say of a stream whose end was seen', async () => {
    expect(await visited(nothingLeft, 2)).toMatchObject({ events: [], end: { type: 'nothing-left' } });
  });
});

describe('a server that is silent', () => {
  const silence = new Error('The server was silent for 15 s.');

  /** Has sent its headers, and sends no more. */
  function frozen(signal: AbortSignal, init: ResponseInit): Response {
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        signal.addEventListener('abort', () => {
          stream.error(signal.reason);
        });
      },
    });
    return new Response(body, init);
  }

  it('is left when it accepts and never answers', async () => {
    await expect(inNoTime(() => visited(neverAnswers))).rejects.toEqual(silence);
  });

  it('is left in the middle of a stream', async () => {
    const headers = { 'content-type': 'text/event-stream' };
    await expect(inNoTime(() => visited((signal) => frozen(signal, { headers })))).rejects.toEqual(silence);
  });

  it('is left in the middle of saying that it is busy', async () => {
    const { end } = await inNoTime(() => visited((signal) => frozen(signal, { status: 503 })));
    expect(end.type).toBe('again');
  });

  it('is not one whose reader takes its time', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    const { fetch } = new PlayedFetch([sends(started(0), chunk(1, 'a'))]);
    const { signal } = new AbortController();
    const visiting = visit({ url: URL, after: undefined, headers: {}, fetch, signal });
    await visiting.next();
    expect(cleared.mock.calls.map(([timer]) => timer)).toEqual(
      timers.mock.results.map(({ value }) => value as unknown),
    );
    await visiting.return({ type: 'again', reason: 'left' });
  });
});
