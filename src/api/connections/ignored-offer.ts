import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/** Headers that concern this connection only, and belong to the offer. */
const OF_THE_OFFER = new Set(['upgrade', 'http2-settings']);

/**
 * Serves requests that offer to change to a protocol that we do not speak as the ordinary requests that they are besides:
 * such an offer is ignored (RFC 9110, 7.8). Java's HttpClient, `curl --http2` and Apache's HttpClient make one with every
 * request. Node has taken the request from its HTTP server by then, so the connection is given back, and brings the request
 * once more, without the offer.
 */
export class IgnoredOffers {
  readonly #server: Server;
  /** The newest answer of each connection. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();
  /** Connections that have made an offer and were not given back yet. */
  readonly #waiting = new WeakSet<Duplex>();

  constructor(server: Server) {
    this.#server = server;
    server.on('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
      this.#answers.set(socket, answer);
    });
  }

  ignore(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const endAlone = () => socket.destroy();
    const giveBack = () => {
      // With the listener kept: what broke the connection may still be on its way.
      if (socket.destroyed) return;
      // Nothing more is read before what has been read is through: offers that come by the thousand would pile up.
      socket.pause();
      // By the other event it would be asked for a second handshake inside of its first.
      this.#server.emit(socket instanceof TLSSocket ? 'secureConnection' : 'connection', socket);
      socket.off('error', endAlone);
      this.#waiting.delete(socket);
      socket.emit('data', Buffer.concat([Buffer.from(headWithoutOffer(request), 'latin1'), head]));
      if (!this.#waiting.has(socket)) socket.resume();
    };
    socket.on('error', endAlone);
    this.#waiting.add(socket);
    const before = this.#answers.get(socket);
    // A client need not wait for one answer before it asks again: the server would never send the second on this connection.
    if (before === undefined || before.closed) giveBack();
    // In a turn of its own: thousands of offers that come together would else be one piece of work.
    else before.once('close', () => setImmediate(giveBack));
  }
}

/** The head of the request as it came, byte for byte, but for the offer. */
function headWithoutOffer({ method = 'GET', url = '/', httpVersion, rawHeaders }: IncomingMessage): string {
  const headers: string[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    const kept = name.toLowerCase() === 'connection' ? optionsWithoutOffer(value) : value;
    if (!OF_THE_OFFER.has(name.toLowerCase()) && kept !== '') headers.push(`${name}: ${kept}`);
  }
  return [`${method} ${url} HTTP/${httpVersion}`, ...headers, '', ''].join('\r\n');
}

function optionsWithoutOffer(value: string): string {
  const options = value.split(',').map((option) => option.trim());
  return options.filter((option) => !OF_THE_OFFER.has(option.toLowerCase())).join(', ');
}
