type Piece = () => void;

/** A new connection, its request and its answer each take a turn: so many are free between two pieces. */
const FREE_TURNS = 5;

/**
 * Gives turns of the event loop to pieces of work, one at a time, and to one asker after the other. In between everything
 * else gets its turns: a process that was asked for much by one answers others, and `/health/live`, as soon as a piece is done.
 */
export class Turns {
  /** Pieces by who asked for them, in the order in which they have their turns. */
  readonly #waiting = new Map<object, Piece[]>();
  #isRunning = false;

  /** Does a piece of work in a turn of its own, behind what the same asker has asked for before. */
  take<Result>(asker: object, work: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      const piece = () => {
        try {
          resolve(work());
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const pieces = this.#waiting.get(asker);
      if (pieces === undefined) this.#waiting.set(asker, [piece]);
      else pieces.push(piece);
      if (!this.#isRunning) this.#goOn();
    });
  }

  #goOn(): void {
    this.#isRunning = this.#waiting.size > 0;
    if (this.#isRunning) this.#waitTurns(FREE_TURNS);
  }

  #waitTurns(turns: number): void {
    setImmediate(() => {
      if (turns > 0) this.#waitTurns(turns - 1);
      else this.#turn();
    });
  }

  #turn(): void {
    const [next] = this.#waiting;
    if (next !== undefined) {
      const [asker, pieces] = next;
      const piece = pieces.shift();
      // Whoever has more goes to the end of the row.
      this.#waiting.delete(asker);
      if (pieces.length > 0) this.#waiting.set(asker, pieces);
      piece?.();
    }
    this.#goOn();
  }
}
