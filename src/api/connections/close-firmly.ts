import type { WebSocket } from 'ws';

const TERMINATE_AFTER_MS = 5000;

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
