import { Socket } from 'node:net';

/**
 * The sockets of all connections to a server, so that their owner can close every one of them. By itself a connection
 * that ends waits until the server ends it, too, and a server that is gone without a word never does.
 */
export class PgSockets {
  readonly #open = new Set<Socket>();

  /** What pg takes as `stream`. */
  readonly create = (): Socket => {
    const socket = new Socket();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Resolves when all are closed. Those that are not within this time are not waited for any longer. */
  async closed(withinMs: number): Promise<void> {
    const late = setTimeout(() => {
      for (const socket of this.#open) socket.destroy();
    }, withinMs);
    await Promise.all([...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    clearTimeout(late);
  }
}
