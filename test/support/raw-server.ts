import { createServer, type AddressInfo, type Socket } from 'node:net';

/** A server that answers requests of HTTP with bytes of the test's own, right or wrong. */
export interface RawServer {
  readonly root: string;
  /** Heads of the requests so far. */
  readonly heads: readonly string[];
  /** The next requests are answered like this, each once it is there whole. */
  answer(handler: (socket: Socket) => void): void;
  stop(): Promise<void>;
}

export async function startRawServer(): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const heads: string[] = [];
  let handler = (socket: Socket): void => void socket.end();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
      if (end === -1 || text.length < end + 4 + length) return;
      heads.push(text.slice(0, end));
      text = text.slice(end + 4 + length);
      handler(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heads,
    answer: (next) => {
      handler = next;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
