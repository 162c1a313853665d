/** What waits for one consumer, in order. An async iterator whose `return` settles the `next` that waits. */
export class EventQueue<Event> implements AsyncIterableIterator<Event> {
  readonly #onEnd: () => void;
  readonly #waiting: Event[] = [];
  #consumer: { resolve(result: IteratorResult<Event>): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;
  #isOver = false;
  #drains: (() => void)[] = [];

  /** `onEnd` runs once, when no more can come: the consumer has left, or `end` was called. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  get hasEnded(): boolean {
    return this.#isOver;
  }

  get size(): number {
    return this.#waiting.length;
  }

  push(event: Event): void {
    if (this.#isOver) return;
    if (this.#consumer === undefined) this.#waiting.push(event);
    else this.#takeConsumer()?.resolve({ value: event, done: false });
  }

  /** The consumer reads what waits, and then the end, or the error. */
  end(failure?: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const consumer = this.#takeConsumer();
    if (failure === undefined) consumer?.resolve({ value: undefined, done: true });
    else if (consumer === undefined) this.#failure = failure;
    else consumer.reject(failure);
    this.#settleDrains();
    this.#onEnd();
  }

  /** Resolves when nothing waits, or nobody will take it. */
  async drained(): Promise<void> {
    if (this.#waiting.length === 0 || this.#isOver) return;
    await new Promise<void>((resolve) => this.#drains.push(resolve));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Event>> {
    const event = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#settleDrains();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) return Promise.reject(failure);
    if (this.#isOver) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#consumer = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<Event>> {
    this.#waiting.length = 0;
    this.#failure = undefined;
    this.end();
    return Promise.resolve({ value: undefined, done: true });
  }

  #settleDrains(): void {
    for (const settle of this.#drains.splice(0)) settle();
  }

  #takeConsumer() {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    return consumer;
  }
}
