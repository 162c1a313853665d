const MOST = 1000;

/** Which troubles with batches the log of this process has: the same one comes with every poll, for days. */
export class ToldTroubles {
  readonly #told = new Set<string>();

  /** Whether it is new, and notes it. */
  add(batchId: string, reason: string): boolean {
    const trouble = `${batchId} ${reason}`;
    if (this.#told.has(trouble)) return false;
    const [oldest] = this.#told;
    if (this.#told.size >= MOST && oldest !== undefined) this.#told.delete(oldest);
    this.#told.add(trouble);
    return true;
  }
}
