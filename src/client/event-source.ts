import { createParser } from 'eventsource-parser';

import type { StreamEvent } from '../core/streams/stream-event.js';
import { readStreamError, StreamError, unexpectedAnswer } from './stream-error.js';

/** The server answers at once and comments every 5 s: one that is silent for longer is not there any more. */
const SILENCE_MS = 15_000;
/** Whatever a server asks for: it may be back sooner, and timers overflow at 25 days. */
const LONGEST_ASKED_WAIT_MS = 300_000;

export interface VisitOptions {
  readonly url: string;
  /** The sequence that was received last. */
  readonly after: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/** How a visit ended that was not cut off, and after how long at least to come again, where that was said. */
export interface VisitEnd {
  /** `nothing-left`: the stream has ended, and nothing is behind the cursor. */
  readonly type: 'again' | 'nothing-left';
  readonly reason: unknown;
  readonly afterMs?: number;
}

/**
 * One visit to a stream as server-sent events. Yields what arrives; returns when the server ends it, throws StreamError
 * when the server refuses for good or is not this API, and whatever `fetch` throws when the connection fails. A server
 * that is silent for 15 s, also before it has answered, counts as a connection that fails.
 */
export async function* visit(options: VisitOptions): AsyncGenerator<StreamEvent, VisitEnd, undefined> {
  const { signal, url } = options;
  signal.throwIfAborted();
  const connection = new AbortController();
  const cut = () => {
    connection.abort(signal.reason);
  };
  // By hand: of a signal that lives long, some platforms keep all that AbortSignal.any has ever made of it.
  signal.addEventListener('abort', cut);
  try {
    const response = await heard(request(options, connection.signal), connection);
    if (response.status === 204 && options.after !== undefined)
      return { type: 'nothing-left', reason: 'the server has nothing behind the cursor, and the end has not come' };
    if (!response.ok) return await heard(refused(response, url), connection);
    if (response.body === null || !isEventStream(response)) throw unexpectedAnswer(response, url);
    yield* eventsOf(response.body, { connection, url });
    return { type: 'again', reason: 'the server ended the connection', afterMs: askedWaitMs(response) };
  } finally {
    signal.removeEventListener('abort', cut);
    connection.abort();
  }
}

async function request({ url, after, ...options }: VisitOptions, signal: AbortSignal): Promise<Response> {
  // Called on its own: a browser's fetch refuses to be called as a method of anything but the window.
  const { fetch: own } = options;
  return await own(url, {
    headers: {
      ...options.headers,
      accept: 'text/event-stream',
      ...(after === undefined ? {} : { 'last-event-id': String(after) }),
    },
    signal,
  });
}

/** Waits for what the server is to send, and cuts the connection to one that is silent for too long. */
async function heard<Sent>(sent: Promise<Sent>, connection: AbortController): Promise<Sent> {
  const timer = setTimeout(() => {
    connection.abort(new Error(`The server was silent for ${SILENCE_MS / 1000} s.`));
  }, SILENCE_MS);
  try {
    return await sent;
  } finally {
    clearTimeout(timer);
  }
}

function isEventStream({ headers }: Response): boolean {
  return /^text\/event-stream\b/i.test(headers.get('content-type') ?? '');
}

async function refused(response: Response, url: string): Promise<VisitEnd> {
  const error = await readStreamError(response, url);
  // A server that is busy, or going down, is worth another visit; anything else is not.
  if (response.status !== 429 && response.status < 500) throw error;
  return { type: 'again', reason: error, afterMs: askedWaitMs(response, error) };
}

/** 0: it asks for no wait. */
function askedWaitMs({ headers }: Response, error?: StreamError): number {
  // The form with a date is ignored: the clocks of the two may differ.
  const seconds = Number(headers.get('retry-after') ?? error?.facts.retryAfterSeconds);
  return seconds > 0 ? Math.min(seconds * 1000, LONGEST_ASKED_WAIT_MS) : 0;
}

interface Connected {
  readonly connection: AbortController;
  readonly url: string;
}

async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  { connection, url }: Connected,
): AsyncGenerator<StreamEvent, void, undefined> {
  let ready: string[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      ready.push(data);
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await heard(reader.read(), connection);
    if (done) return;
    ready = [];
    parser.feed(decoder.decode(value, { stream: true }));
    for (const data of ready) yield readEvent(data, url);
  }
}

function readEvent(data: string, url: string): StreamEvent {
  const event = parsed(data);
  if (isStreamEvent(event)) return event;
  throw new StreamError('UNEXPECTED_ANSWER', `What ${url} sends are no events of an execution: check the url.`);
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** As far as the client itself relies on it. A type that only a newer server knows passes. */
function isStreamEvent(value: unknown): value is StreamEvent {
  if (typeof value !== 'object' || value === null || !('sequence' in value && 'eventType' in value)) return false;
  return typeof value.sequence === 'number' && typeof value.eventType === 'string';
}
