import { createInterface, type Interface } from 'node:readline';

/** What a person types into the terminal, or a program into our input, line by line. Nothing is read before it is asked for. */
export class TypedLines {
  readonly #input: NodeJS.ReadableStream;
  #isOver = false;
  #next: Promise<string | undefined> | undefined;
  #reader: { readonly lines: Interface; readonly iterator: AsyncIterator<string> } | undefined;

  constructor(input: NodeJS.ReadableStream = process.stdin) {
    this.#input = input;
  }

  /** Whether it was found that nothing more comes. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Undefined when nothing more comes. Who asks while somebody waits for a line gets the same one. */
  next(): Promise<string | undefined> {
    this.#next ??= this.#read().finally(() => {
      this.#next = undefined;
    });
    return this.#next;
  }

  /** Whoever waits for a line gets none. */
  close(): void {
    this.#reader?.lines.close();
  }

  async #read(): Promise<string | undefined> {
    if (this.#reader === undefined) {
      const lines = createInterface({ input: this.#input });
      this.#reader = { lines, iterator: lines[Symbol.asyncIterator]() };
    }
    const line = await this.#reader.iterator.next();
    this.#isOver = line.done === true;
    return line.done === true ? undefined : line.value;
  }
}
