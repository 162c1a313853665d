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

  /** Rejects as the reading does, which is tried again when one that went well would be. */
  async value(): Promise<Value> {
    const { now, servesMs, share } = this.#serving;
    const start = now();
    if (this.#last !== undefined && start < this.#last.until) return await this.#last.value;
    const value = this.#read();
    // Whoever asks meanwhile waits for the same.
    this.#last = { value, until: Infinity };
    const over = () => {
      const end = now();
      this.#last = { value, until: end + Math.max(servesMs, (end - start) / share) };
    };
    value.then(over, over);
    return await value;
  }
}
