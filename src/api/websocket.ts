import type { WebSocket } from 'ws';

import type { StreamViewer, ViewerEnd } from '../streams/viewer.js';
import type { EventFormat } from './event-json.js';
import { closeFirmly, hasRoom, isFull, keepAlive } from './socket-life.js';

const CLOSE_CODES: Readonly<Record<ViewerEnd, number>> = { ended: 1000, left: 1000, 'shutting-down': 1012 };

const AS_TEXT = { binary: false };

/** Serves a stream as one JSON text per event, until it ends (1000) or the viewer goes, is gone or is too slow (1013). */
export async function serveWebSocket(socket: WebSocket, viewer: StreamViewer, format: EventFormat): Promise<void> {
  keepAlive(socket);
  socket.on('close', () => {
    viewer.leave();
  });
  for (let events = await viewer.next(); events !== undefined; events = await viewer.next()) {
    for (const event of events) {
      const message = format.message(event);
      if (message !== undefined) socket.send(message, AS_TEXT);
      if (isFull(socket) && !(await hasRoom(socket))) {
        viewer.leave();
        return;
      }
    }
  }
  closeFirmly(socket, CLOSE_CODES[viewer.end ?? 'ended'], '');
}
