/** What was read serves for so long, at least. */
const SERVES_MS = 15_000;
/** Reading may take such a part of the time, at most. */
const SHARE = 0.02;

/** What takes its time to read, for whoever asks however often: the more it takes, the longer it serves. */
export class ReadNowAndThen<Value> {
  readonly #read: () => Promise<Value>;
  readonly #now: () => number;
  #last: { readonly value: Promise<Value>; readonly until: number } | undefined;

  /** `now`: in milliseconds, from anywhere. */
  constructor(read: () => Promise<Value>, now: () => number = () => performance.now()) {
    this.#read = read;
    this.#now = now;
  }

  /** Rejects as the reading does, which is tried again when one that went well would be. */
  async value(): Promise<Value> {
    const start = this.#now();
    if (this.#last !== undefined && start < this.#last.until) return await this.#last.value;
    const value = this.#read();
    // Whoever asks meanwhile waits for the same.
    this.#last = { value, until: Infinity };
    const over = () => {
      const end = this.#now();
      this.#last = { value, until: end + Math.max(SERVES_MS, (end - start) / SHARE) };
    };
    value.then(over, over);
    return await value;
  }
}
