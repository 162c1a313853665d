import type { WebSocket } from 'ws';

const PING_EVERY_MS = 15_000;
/** A peer that takes nothing for so long gets nothing more. */
const DRAIN_PATIENCE_MS = 30_000;
const BUFFERED_BYTES = 64 * 1024;
const LOOK_AT_BUFFER_EVERY_MS = 20;
const TERMINATE_AFTER_MS = 5000;

const TOO_SLOW = 1013;

/** Whether so much waits to be sent that nothing should be added. */
export function isFull(socket: WebSocket): boolean {
  return socket.bufferedAmount > BUFFERED_BYTES;
}

/**
 * Resolves with true when the socket has room again, with false when nobody takes anything any more; a peer that is there
 * and takes too little is closed with 1013.
 */
export async function hasRoom(socket: WebSocket): Promise<boolean> {
  const deadline = performance.now() + DRAIN_PATIENCE_MS;
  while (isFull(socket) && socket.readyState === socket.OPEN) {
    if (performance.now() > deadline) {
      closeFirmly(socket, TOO_SLOW, 'too slow: connect again with your cursor');
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AT_BUFFER_EVERY_MS));
  }
  return socket.readyState === socket.OPEN;
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
 * For the life of a socket: pings it, cuts the connection to a peer that did not answer the last one, answers its pings
 * as long as it takes the answers, and takes its errors, which are followed by its end. The server must not answer pings
 * by itself (`autoPong: false`): what a peer never reads would pile up.
 */
export function keepAlive(socket: WebSocket): void {
  let isAlive = true;
  const timer = setInterval(() => {
    if (!isAlive) {
      socket.terminate();
      return;
    }
    isAlive = false;
    socket.ping();
  }, PING_EVERY_MS);
  socket
    .on('pong', () => {
      isAlive = true;
    })
    .on('ping', (data) => {
      if (!isFull(socket) && socket.readyState === socket.OPEN) socket.pong(data);
    })
    .on('error', () => undefined)
    .on('close', () => {
      clearInterval(timer);
    });
}
