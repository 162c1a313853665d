import type { Writable } from 'node:stream';

import type { WebSocket } from 'ws';

const PING_EVERY_MS = 15_000;
/** On a slow line an answer waits behind what the kernel still has to send. */
const MAX_UNANSWERED = 2;
/** A peer that takes nothing for so long gets nothing more. */
const DRAIN_PATIENCE_MS = 30_000;
const BUFFERED_BYTES = 64 * 1024;
const TERMINATE_AFTER_MS = 5000;

const TOO_SLOW = 1013;

/**
 * A WebSocket and the connection that it speaks over, for messages that are framed already. Without compression the socket
 * writes its own frames in one piece, so that the two never get mixed.
 */
export interface WiredSocket {
  readonly socket: WebSocket;
  readonly wire: Writable;
}

/** Whether so much waits to be sent that nothing should be added. */
export function isFull(socket: WebSocket): boolean {
  return socket.bufferedAmount > BUFFERED_BYTES;
}

/**
 * Resolves with true when everything has been taken that waited, with false when nobody takes anything any more; a peer
 * that is there and takes too little is closed with 1013.
 */
export async function hasRoom(socket: WebSocket): Promise<boolean> {
  const isTaken = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_PATIENCE_MS, false);
    // Goes out behind all that waits.
    socket.ping('', undefined, () => {
      clearTimeout(timer);
      resolve(true);
    });
  });
  if (!isTaken) closeFirmly(socket, TOO_SLOW, 'too slow: connect again with your cursor');
  return isTaken && socket.readyState === socket.OPEN;
}

/** Closes, and cuts the connection when the other side does not answer. */
export function closeFirmly(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== socket.OPEN) return;
  // Until it is closed it may still send what breaks the protocol.
  socket.on('error', () => undefined);
  socket.close(code, reason);
  const timer = setTimeout(() => {
    socket.terminate();
  }, TERMINATE_AFTER_MS);
  timer.unref();
  socket.on('close', () => {
    clearTimeout(timer);
  });
}

/**
 * For the life of a socket: pings it, cuts the connection to a peer that has not answered the last two, answers its pings
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
