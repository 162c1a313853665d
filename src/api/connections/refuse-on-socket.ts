import type { Duplex } from 'node:stream';

import type { WebSocket } from 'ws';

import { errorHeaders, type ErrorAnswer } from '../error-response.js';
import { CHALLENGE } from './challenge.js';
import { closeFirmly } from './close-firmly.js';

/** For the answer to go out, and for the other side to take it. */
const PATIENCE_MS = 5000;

/**
 * Answers a request that Node's server has given up, with an HTTP status, and lets the connection go whatever the other side
 * does: one to upgrade, or one that is broken.
 */
export function refuseOnSocket(socket: Duplex, { status, body }: ErrorAnswer): void {
  const json = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(json)}`,
    ...Object.entries(errorHeaders(body.error)).map(([name, value]) => `${name}: ${value}`),
    ...(status === 401 ? [`www-authenticate: ${CHALLENGE}`] : []),
    'connection: close',
  ];
  const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
  timer.unref();
  socket
    .on('close', () => {
      clearTimeout(timer);
    })
    // What was sent behind the request is not read by anybody, and the end of it would not be seen.
    .resume()
    .end(`${head.join('\r\n')}\r\n\r\n${json}`);
}

/**
 * Closes a browser's WebSocket: 4400, 4401, 4403, 4404 for what they mean in HTTP, 1013 for what may pass, else 1011. Not 4429: clients
 * of GraphQL take it for the last word.
 */
export function closeRefused(socket: WebSocket, { status, body }: ErrorAnswer): void {
  closeFirmly(socket, closeCodeOf(status), body.error.code);
}

function closeCodeOf(status: number): number {
  if (status === 429 || status === 503) return 1013;
  return status >= 400 && status < 500 ? 4000 + status : 1011;
}
