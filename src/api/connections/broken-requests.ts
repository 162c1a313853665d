import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { httpError, refusedWith, type RequestFacts } from '../error-response.js';
import { refuseOnSocket } from './refuse-on-socket.js';

/** A request as far as it has come, and its answer. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly answer: ServerResponse;
  /** The answer before it on the same connection. */
  readonly before: ServerResponse | undefined;
}

/** Node's: Fastify's type takes the packet for what a buffer is as JSON. */
type ClientError = Error & { readonly code?: string; readonly reason?: string; readonly rawPacket?: unknown };

/**
 * Answers what is no HTTP request, or does not arrive, in the shape of all our answers: Node stops reading there, and would
 * say so in its own. The answer comes behind those to the requests before it, and is the last of the connection.
 */
export class BrokenRequests {
  readonly #log: RequestFacts['log'];
  readonly #newest = new WeakMap<Duplex, Exchange>();
  /** What comes behind a broken request is no request either: it is told once. */
  readonly #refused = new WeakSet<Duplex>();

  constructor(log: RequestFacts['log']) {
    this.#log = log;
  }

  follow(server: Server): void {
    server.prependListener('request', (request: IncomingMessage, answer: ServerResponse) => {
      const { socket } = request;
      this.#newest.set(socket, { request, answer, before: this.#newest.get(socket)?.answer });
    });
    // What else a client expects than to go on may be left unanswered (RFC 9110, 10.1.1); Node would refuse it with nothing.
    server.on('checkExpectation', (request, answer) => server.emit('request', request, answer));
    server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
      socket.on('error', () => socket.destroy());
      this.#refuse(socket, refusedWith(405, 'This is the API of Circuit Breaker, and no proxy.'));
    });
  }

  /** What Node says of a connection whose request cannot be read: Fastify's `clientErrorHandler`. */
  handle(error: ClientError, socket: Socket): void {
    const refusal = refusalOf(error);
    if (refusal === undefined) socket.destroy();
    else this.#refuse(socket, refusal);
  }

  #refuse(socket: Duplex, refusal: Error): void {
    if (this.#refused.has(socket)) return;
    this.#refused.add(socket);
    const newest = this.#newest.get(socket);
    // What cannot be read is the body of the newest request, or comes behind it.
    const isItsBody = newest?.request.complete === false;
    const before = isItsBody ? newest.before : newest?.answer;
    const refuse = () => {
      if (socket.destroyed) return;
      if (isItsBody && newest.answer.headersSent) socket.destroy();
      else refuseOnSocket(socket, httpError(refusal, { id: crypto.randomUUID(), log: this.#log }));
    };
    if (before === undefined || before.closed) refuse();
    else before.once('close', refuse);
  }
}

/** In words that one can act on; undefined: nobody is there any more. */
function refusalOf({ code = '', reason, rawPacket }: ClientError): Error | undefined {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusedWith(408, 'The request did not arrive whole within 30 seconds. Send it again.');
    case 'HPE_HEADER_OVERFLOW':
      return refusedWith(
        431,
        'Address and headers of a request may take 16 KiB together. Send a GraphQL document as the body of a POST.',
      );
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusedWith(413, 'The extensions of a chunk may take 16 KiB. Send the body without them.');
    default:
      if (!code.startsWith('HPE_')) return undefined;
      return refusedWith(400, `This is no request of HTTP/1.1. ${hintOf(rawPacket) ?? `${reason ?? code}.`}`);
  }
}

const HANDSHAKE_OF_TLS = 0x16;
const PREFACE_OF_HTTP2 = 'PRI * HTTP/2.0';

function hintOf(packet: unknown): string | undefined {
  if (!(packet instanceof Uint8Array)) return undefined;
  if (packet[0] === HANDSHAKE_OF_TLS)
    return 'It is TLS: use http:// here, or a proxy that speaks https:// for this API.';
  if (Buffer.from(packet).toString('latin1').startsWith(PREFACE_OF_HTTP2))
    return 'It is HTTP/2, which is not spoken here.';
  return undefined;
}
