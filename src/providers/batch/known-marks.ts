const MOST = 10_000;

/** Whose the batches of a provider are that are over. That stays as it is, so nobody reads it twice. */
export class KnownMarks {
  readonly #marks = new Map<string, string>();

  has(id: string): boolean {
    return this.#marks.has(id);
  }

  async of(id: string, read: () => Promise<string>): Promise<string> {
    const known = this.#marks.get(id);
    if (known !== undefined) return known;
    const mark = await read();
    const [oldest] = this.#marks.keys();
    if (this.#marks.size >= MOST && oldest !== undefined) this.#marks.delete(oldest);
    this.#marks.set(id, mark);
    return mark;
  }
}
