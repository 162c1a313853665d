const LINE_FEED = 10;

/** Takes bytes as they come and gives lines. What it costs grows with the bytes only, however small the pieces are; how large a line may be is for others. */
export class LineBuffer {
  #pieces: Buffer[] = [];

  /** The lines that these bytes complete. */
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
  }

  #keep(piece: Buffer): void {
    if (piece.byteLength > 0) this.#pieces.push(piece);
  }
}
