import type { WebSocket } from 'ws';

import type { StreamViewer, ViewerEnd } from '../streams/viewer.js';
import type { EventFormat } from './event-json.js';

const PING_EVERY_MS = 15_000;
const BUFFERED_BYTES = 64 * 1024;
const LOOK_AT_BUFFER_EVERY_MS = 20;
const DRAIN_PATIENCE_MS = 30_000;
const TERMINATE_AFTER_MS = 5000;

const CLOSE_CODES: Readonly<Record<ViewerEnd, number>> = { ended: 1000, left: 1000, 'shutting-down': 1012 };
const TOO_SLOW = 1013;

/** Serves a stream as one JSON text per event, until it ends (1000) or the viewer goes, is gone or is too slow (1013). */
export async function serveWebSocket(socket: WebSocket, viewer: StreamViewer, format: EventFormat): Promise<void> {
  const stopPings = keepAlive(socket);
  socket.on('close', () => {
    stopPings();
    viewer.leave();
  });
  for (let events = await viewer.next(); events !== undefined; events = await viewer.next()) {
    for (const event of events) {
      const json = format(event);
      if (json !== undefined) socket.send(json);
    }
    if (!(await drained(socket))) {
      viewer.leave();
      closeFirmly(socket, TOO_SLOW, 'too slow: connect again with ?after=');
      return;
    }
  }
  closeFirmly(socket, CLOSE_CODES[viewer.end ?? 'ended'], '');
}

/** Closes, and cuts the connection when the other side does not answer. */
export function closeFirmly(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== socket.OPEN) return;
  socket.close(code, reason);
  const timer = setTimeout(() => {
    socket.terminate();
  }, TERMINATE_AFTER_MS);
  timer.unref();
  socket.on('close', () => {
    clearTimeout(timer);
  });
}

/** Pings, and cuts the connection to a peer that did not answer the last one. */
function keepAlive(socket: WebSocket): () => void {
  let isAlive = true;
  socket.on('pong', () => {
    isAlive = true;
  });
  const timer = setInterval(() => {
    if (!isAlive) {
      socket.terminate();
      return;
    }
    isAlive = false;
    socket.ping();
  }, PING_EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}

/** Waits until the socket has room again; false when it is closed or takes nothing for too long. */
async function drained(socket: WebSocket): Promise<boolean> {
  const deadline = performance.now() + DRAIN_PATIENCE_MS;
  while (socket.bufferedAmount > BUFFERED_BYTES) {
    if (socket.readyState !== socket.OPEN || performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AT_BUFFER_EVERY_MS));
  }
  return socket.readyState === socket.OPEN;
}
