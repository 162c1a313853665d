import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** As many requests of one connection may wait before nothing more is read of it. */
const MOST_WAITING = 20;

/**
 * Has the requests of one connection one after the other, with a turn for everything else in between. Whoever sends thousands
 * of them at once (HTTP calls it pipelining) has them all read in one piece, and Node would begin them all there and then.
 */
export class RequestsInTurn {
  /** The newest answer of each connection. */
  readonly #answers = new WeakMap<Socket, ServerResponse>();
  readonly #waiting = new WeakMap<Socket, number>();

  /** Resolves when the request is next; false when nobody waits for its answer any more. */
  async isNext({ socket }: IncomingMessage, answer: ServerResponse): Promise<boolean> {
    const before = this.#answers.get(socket);
    this.#answers.set(socket, answer);
    if (before === undefined || before.closed) return true;
    this.#count(socket, 1);
    await new Promise<void>((resolve) => before.once('close', resolve));
    await setImmediate();
    this.#count(socket, -1);
    return !socket.destroyed;
  }

  #count(socket: Socket, more: 1 | -1): void {
    const waiting = (this.#waiting.get(socket) ?? 0) + more;
    this.#waiting.set(socket, waiting);
    if (waiting > MOST_WAITING) socket.pause();
    else if (more < 0) socket.resume();
  }
}
