interface Serving {
  /** What was read serves for so long, at least. */
  readonly servesMs: number;
  /** Reading may take such a part of the time, at most. */
  readonly share: number;
  /** In milliseconds, from anywhere. */
  readonly now?: () => number;
}

/** What takes its time to read, for whoever asks however often: the more it takes, the longer it serves. */
export class ReadNowAndThen<Value> {
  readonly #read: () => Promise<Value>;
  readonly #serving: Required<Serving>;
  #last: { readonly value: Promise<Value>; readonly until: number } | undefined;

  constructor(read: () => Promise<Value>, { now = () => performance.now(), ...serving }: Serving) {
    this.#read = read;
    this.#serving = { ...serving, now };
  }

  /** Rejects as the reading does, for as long as what was read serves at least, however long that took: then it is tried again. */
  async value(): Promise<Value> {
    const { now, servesMs, share } = this.#serving;
    const start = now();
    if (this.#last !== undefined && start < this.#last.until) return await this.#last.value;
    const value = this.#read();
    // Whoever asks meanwhile waits for the same.
    this.#last = { value, until: Infinity };
    const serve = (forMs: number) => {
      this.#last = { value, until: now() + forMs };
    };
    value.then(
      () => {
        serve(Math.max(servesMs, (now() - start) / share));
      },
      () => {
        serve(servesMs);
      },
    );
    return await value;
  }
}
