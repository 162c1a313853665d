import { createParser } from 'eventsource-parser';

import type { StreamEvent } from '../core/stream-event.js';
import { readStreamError, StreamError } from './stream-error.js';

/** The server comments every 15 s; a connection that is silent for longer is not there any more. */
const SILENCE_MS = 45_000;

export interface VisitOptions {
  readonly url: string;
  /** The sequence that was received last. */
  readonly after: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/** How a visit ended that was not cut off: for good, or to come again (after so long at least, where it was said). */
export type VisitEnd = { readonly type: 'over' } | { readonly type: 'again'; readonly afterMs?: number };

/**
 * One visit to a stream as server-sent events. Yields what arrives; returns when the server ends it, throws StreamError
 * when the server refuses for good, and whatever `fetch` throws when the connection fails.
 */
export async function* visit(options: VisitOptions): AsyncGenerator<StreamEvent, VisitEnd, undefined> {
  const controller = new AbortController();
  const signal = AbortSignal.any([options.signal, controller.signal]);
  // Called on its own: a browser's fetch refuses to be called as a method of anything but the window.
  const { fetch: request, url } = options;
  const response = await request(url, {
    headers: {
      ...options.headers,
      accept: 'text/event-stream',
      ...(options.after === undefined ? {} : { 'last-event-id': String(options.after) }),
    },
    signal,
  });
  if (response.status === 204) return { type: 'over' };
  if (!response.ok || response.body === null) return await refused(response);
  try {
    yield* eventsOf(response.body, controller);
  } finally {
    controller.abort();
  }
  return { type: 'again' };
}

async function refused(response: Response): Promise<VisitEnd> {
  // A server that is busy, or going down, is worth another visit; anything else is not.
  if (response.status !== 429 && response.status < 500) throw await readStreamError(response);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  await response.body?.cancel();
  return Number.isFinite(seconds) ? { type: 'again', afterMs: seconds * 1000 } : { type: 'again' };
}

async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  controller: AbortController,
): AsyncGenerator<StreamEvent, void, undefined> {
  let ready: StreamEvent[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      ready.push(readEvent(data));
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const timer = setTimeout(() => {
      controller.abort();
    }, SILENCE_MS);
    const { done, value } = await reader.read().finally(() => {
      clearTimeout(timer);
    });
    if (done) return;
    ready = [];
    parser.feed(decoder.decode(value, { stream: true }));
    yield* ready;
  }
}

function readEvent(data: string): StreamEvent {
  try {
    return JSON.parse(data) as StreamEvent;
  } catch {
    throw new StreamError('INTERNAL', 'The server sent an event that is no JSON.');
  }
}
