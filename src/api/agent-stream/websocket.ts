import type { StreamViewer, ViewerEnd } from '../../streams/reading/viewer.js';
import type { ServedAs } from './event-json.js';
import { closeFirmly } from '../connections/close-firmly.js';
import { hasRoom, isFull } from '../connections/slow-viewer.js';
import { keepAlive, type WiredSocket } from '../connections/socket-life.js';

const CLOSE_CODES: Readonly<Record<ViewerEnd, number>> = { ended: 1000, left: 1000, 'shutting-down': 1012 };

/**
 * Serves a stream as one JSON text per event, until it ends (1000) or the viewer goes, is gone or is too slow (1013). What
 * is sent is framed already.
 */
export async function serveWebSocket(
  { socket, wire }: WiredSocket,
  viewer: StreamViewer,
  { format, onTooSlow }: ServedAs,
): Promise<void> {
  keepAlive(socket);
  socket.on('close', () => {
    viewer.leave();
  });
  for (let events = await viewer.next(); events !== undefined; events = await viewer.next()) {
    for (const event of events) {
      const made = format.message(event);
      const message = made instanceof Promise ? await made : made;
      if (socket.readyState !== socket.OPEN) {
        viewer.leave();
        return;
      }
      if (message !== undefined) wire.write(message);
      if (isFull(socket) && !(await hasRoom(socket, onTooSlow))) {
        viewer.leave();
        return;
      }
      if (format.isOver) viewer.leave();
      if (format.isOver) break;
    }
  }
  closeFirmly(socket, CLOSE_CODES[viewer.end ?? 'ended'], '');
}
