import { GraphQLError } from 'graphql';

const MAX_OPERATIONS = 100;

/**
 * The operations of one socket. Each counts until nothing of it runs any more, and all are closed with the socket.
 * graphql-ws cannot do this: it forgets an operation that is completed while it is still being opened.
 */
export class SocketOperations {
  readonly #running = new Set<SocketOperation>();
  #isLeft = false;

  /** One more. Throws a GraphQLError when there are as many as a socket may have. */
  begin(id: string): SocketOperation {
    // Who had the id was completed: graphql-ws refuses one that is in use.
    for (const other of this.#running) if (other.id === id) other.leave();
    if (this.#running.size >= MAX_OPERATIONS) {
      throw new GraphQLError(`A socket may have ${MAX_OPERATIONS} operations at once.`);
    }
    const operation = new SocketOperation(id, () => this.#running.delete(operation));
    this.#running.add(operation);
    // The socket may have been closed while this one waited to begin.
    if (this.#isLeft) operation.leave();
    return operation;
  }

  /** The socket is closed. */
  leave(): void {
    this.#isLeft = true;
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

  /** Notes what the operation has opened, to be closed with it. Its `return` must settle a `next` that waits. */
  opened(source: AsyncIterator<object>): void {
    this.#source = source;
    // Its step gives nothing then: nobody would read to the end.
    if (this.#isLeft) this.end();
  }

  /**
   * Called when nobody waits for the operation any more: it sends nothing from then on, and gives up what it waits
   * for.
   */
  leave(): void {
    this.#isLeft = true;
    this.#close();
  }

  end(): void {
    this.#close();
    this.#onEnd();
  }

  /**
   * Does one step of the operation, and ends it when the step fails. After `leave` it never resolves: the id may
   * belong to another operation by now, and graphql-ws would take the end of this one for the end of that one.
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
