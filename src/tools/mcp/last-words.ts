const MOST_BYTES = 4096;
const MOST_SHOWN = 300;

/** The end of what a program says, however much that is. */
export class LastWords {
  #end: Buffer = Buffer.alloc(0);

  add(bytes: Buffer): void {
    this.#end = Buffer.concat([this.#end, bytes]).subarray(-MOST_BYTES);
  }

  /** The last lines, as one. */
  get text(): string {
    const words = this.#end.toString('utf8').replaceAll(/\s+/g, ' ').trim();
    return words.length <= MOST_SHOWN ? words : `…${words.slice(-MOST_SHOWN)}`;
  }
}
