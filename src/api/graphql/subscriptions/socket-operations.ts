import { GraphQLError } from 'graphql';

const MAX_OPERATIONS = 100;

/**
 * What runs for one socket: counted until nothing of it runs any more, and closed with the socket. graphql-ws knows
 * operations by their ids, and forgets one that is completed while it is still being opened.
 */
export class SocketOperations {
  readonly #running = new Set<SocketOperation>();

  /** One more. Throws a GraphQLError when there are as many as a socket may have. */
  begin(id: string): SocketOperation {
    // Who had the id was completed: graphql-ws refuses one that is in use.
    for (const other of this.#running) if (other.id === id) other.leave();
    if (this.#running.size >= MAX_OPERATIONS) {
      throw new GraphQLError(`A socket may have ${MAX_OPERATIONS} operations at once.`);
    }
    const operation = new SocketOperation(id, () => this.#running.delete(operation));
    this.#running.add(operation);
    return operation;
  }

  /** The socket is closed. */
  leave(): void {
    for (const operation of this.#running) operation.leave();
  }
}

/** One operation, from its request until nothing of it runs any more. What it has opened is closed by then. */
export class SocketOperation {
  readonly #onEnd: () => void;
  #source: AsyncIterator<object> | undefined;
  #isLeft = false;

  constructor(
    readonly id: string,
    onEnd: () => void,
  ) {
    this.#onEnd = onEnd;
  }

  get hasLeft(): boolean {
    return this.#isLeft;
  }

  /** It has opened this, whose `return` settles a `next` that waits. */
  opened(source: AsyncIterator<object>): void {
    this.#source = source;
    // Its step gives nothing then: nobody would read to the end.
    if (this.#isLeft) this.end();
  }

  /** Nobody waits for it any more: it sends nothing, and what it waits for it lets be. */
  leave(): void {
    this.#isLeft = true;
    this.#close();
  }

  end(): void {
    this.#close();
    this.#onEnd();
  }

  /**
   * A step of it, which ends it when it fails. When it was left meanwhile it gives nothing, ever: its id may be another's
   * by now, and graphql-ws would take the end of this one for the end of that.
   */
  async step<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      const result = await work();
      if (!this.#isLeft) return result;
    } catch (error) {
      this.end();
      if (!this.#isLeft) throw error;
    }
    return await new Promise<never>(() => undefined);
  }

  #close(): void {
    void this.#source?.return?.();
    this.#source = undefined;
  }
}
