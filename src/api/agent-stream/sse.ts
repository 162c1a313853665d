import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';

import type { CircuitBreakerError } from '../../core/errors.js';
import type { StreamEvent } from '../../core/streams/stream-event.js';
import type { StreamViewer } from '../../streams/reading/viewer.js';
import { drained } from '../connections/slow-viewer.js';
import { errorHeaders } from '../error-response.js';
import type { ServedAs, ViewerFormat } from './event-json.js';

/** Three of them before a client of ours takes the server for gone. */
const COMMENT_EVERY_MS = 5000;
/** What a client is asked to let pass before it comes again. */
const COME_AGAIN_MS = 5000;
/** So much goes out before the connection is asked whether it takes more. */
const WRITE_BYTES = 16 * 1024;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  connection: 'close',
};

/**
 * Serves a stream as server-sent events until it ends or the viewer goes. With nothing left after the cursor the
 * answer is 204, which stops an EventSource for good; any other end makes it come back.
 */
export async function serveSse(
  response: ServerResponse,
  viewer: StreamViewer,
  { format, onTooSlow }: ServedAs,
): Promise<void> {
  whenOver(response, () => {
    viewer.leave();
  });
  const first = await nextOrSilence(viewer);
  if (response.destroyed) return;
  if (first.events === undefined && first.pending === undefined && viewer.end === 'ended') {
    response.writeHead(204).end();
    return;
  }
  // Its end is the connection's: every event is one write then, and not a chunk in four pieces.
  response.removeHeader('transfer-encoding');
  response.writeHead(200, HEADERS).flushHeaders();
  const wire = wireOf(response);
  const comments = setInterval(() => {
    wire.write(':\n\n');
  }, COMMENT_EVERY_MS);
  try {
    await pump(wire, viewer, { first, format, onTooSlow });
  } finally {
    clearInterval(comments);
    viewer.leave();
    response.end();
  }
}

/**
 * Refuses a stream for now, with status 200: an EventSource never comes again after any other, and what is wrong may
 * pass.
 */
export function askToComeAgain(response: ServerResponse, { code, message, facts }: CircuitBreakerError): void {
  if (response.destroyed || response.headersSent) return;
  const why = `${code}: ${message.replaceAll(/\s+/g, ' ')}`;
  const { retryAfterSeconds } = facts;
  const afterMs = retryAfterSeconds === undefined ? COME_AGAIN_MS : retryAfterSeconds * 1000;
  response.writeHead(200, { ...HEADERS, ...errorHeaders({ ...facts }) }).end(`: ${why}\nretry: ${afterMs}\n\n`);
}

/** Calls back when an answer has been given or its client has gone; at once where it went before. */
export function whenOver(response: ServerResponse, callback: () => void): void {
  if (response.destroyed) callback();
  else response.on('close', callback);
}

interface First {
  readonly events?: readonly StreamEvent[] | undefined;
  /** Nothing yet: the headers go out all the same, so that the browser knows that it is connected. */
  readonly pending?: Promise<readonly StreamEvent[] | undefined>;
}

const HEADERS_AFTER_MS = 100;

async function nextOrSilence(viewer: StreamViewer): Promise<First> {
  const pending = viewer.next();
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<'silence'>((resolve) => {
    timer = setTimeout(resolve, HEADERS_AFTER_MS, 'silence');
  });
  const first = await Promise.race([pending, silence]);
  clearTimeout(timer);
  return first === 'silence' ? { pending } : { events: first };
}

async function pump(
  wire: Writable,
  viewer: StreamViewer,
  { first, format, onTooSlow }: ServedAs & { readonly first: First },
): Promise<void> {
  let events = first.pending === undefined ? first.events : await first.pending;
  while (events !== undefined && !wire.destroyed) {
    for await (const blocks of blocksOf(events, format)) {
      if (wire.write(blocks) || (await drained(wire, onTooSlow))) continue;
      viewer.leave();
      wire.destroy();
      return;
    }
    if (format.isOver) return;
    events = await viewer.next();
  }
}

/** The connection: once the headers are out, an answer without length or chunks is what is written to it. */
function wireOf(response: ServerResponse): Writable {
  return response.socket ?? response;
}

/** The blocks of the events, joined into few writes. */
async function* blocksOf(
  events: readonly StreamEvent[],
  format: ViewerFormat,
): AsyncGenerator<Buffer, void, undefined> {
  let ready: Buffer[] = [];
  let length = 0;
  for (const event of events) {
    if (format.isOver) break;
    const made = format.block(event);
    const block = made instanceof Promise ? await made : made;
    if (block === undefined) continue;
    ready.push(block);
    length += block.length;
    if (length < WRITE_BYTES) continue;
    yield Buffer.concat(ready);
    [ready, length] = [[], 0];
  }
  const [first] = ready;
  if (first !== undefined) yield ready.length === 1 ? first : Buffer.concat(ready);
}
