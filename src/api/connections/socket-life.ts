import type { Writable } from 'node:stream';

import type { WebSocket } from 'ws';

import { isFull } from './slow-viewer.js';

const PING_EVERY_MS = 5000;
/** On a slow line an answer waits behind what the kernel still has to send. */
const MAX_UNANSWERED = 6;

/**
 * A WebSocket and the connection that it speaks over, for messages that are framed already. Without compression the socket
 * writes its own frames in one piece, so that the two never get mixed.
 */
export interface WiredSocket {
  readonly socket: WebSocket;
  readonly wire: Writable;
}

/**
 * For the life of a socket: pings it, cuts the connection to a peer that has answered none for 30 s, answers its pings
 * as long as it takes the answers, and takes its errors, which are followed by its end. The server must not answer pings
 * by itself (`autoPong: false`): what a peer never reads would pile up.
 */
export function keepAlive(socket: WebSocket): void {
  let unanswered = 0;
  const timer = setInterval(() => {
    // Whoever takes nothing is waited for, and not asked: a ping would come behind all that waits.
    if (isFull(socket)) return;
    if (unanswered === MAX_UNANSWERED) {
      socket.terminate();
      return;
    }
    unanswered += 1;
    socket.ping();
  }, PING_EVERY_MS);
  socket
    .on('pong', () => {
      unanswered = 0;
    })
    .on('ping', (data) => {
      if (!isFull(socket) && socket.readyState === socket.OPEN) socket.pong(data);
    })
    .on('error', () => undefined)
    .on('close', () => {
      clearInterval(timer);
    });
}
