const LINE_FEED = 10;

/** Takes bytes as they come and gives lines. What it costs grows with the bytes only, however small the pieces are. */
export class LineBuffer {
  readonly #mostBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** The lines that these bytes complete. Throws a RangeError where one has more bytes than it may. */
  add(bytes: Buffer): readonly string[] {
    const lines: string[] = [];
    let from = 0;
    for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, from)) {
      this.#keep(bytes.subarray(from, at));
      lines.push(Buffer.concat(this.#pieces).toString('utf8'));
      this.clear();
      from = at + 1;
    }
    this.#keep(bytes.subarray(from));
    return lines;
  }

  clear(): void {
    this.#pieces = [];
    this.#bytes = 0;
  }

  #keep(piece: Buffer): void {
    this.#bytes += piece.byteLength;
    if (this.#bytes > this.#mostBytes) throw new RangeError(`a line has more than ${this.#mostBytes} bytes`);
    if (piece.byteLength > 0) this.#pieces.push(piece);
  }
}
