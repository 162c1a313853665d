/** What one message of a server may have: it is read as a whole. */
const MOST_BYTES = 10 * 1024 * 1024;
/** Each costs more than its bytes: to read so many may take as long as to read so many bytes. */
const MOST_VALUES = 100_000;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** `[` and `{`. */
const LIST = 0x5b;
const OBJECT = 0x7b;

/** What ends a message: a line, an empty line as in a stream of events, or nothing. */
export type MessageEnd = 'line' | 'empty line' | 'none';

/**
 * Counts what a message of JSON has, while it comes and before anybody reads it: its bytes, and its values. These bound how deep
 * it is, too. No text of JSON goes over the end of a line: so nothing that a stream of events has beside its data hides a value.
 */
export class MessageSize {
  readonly #end: MessageEnd;
  #bytes = 0;
  #values = 0;
  #lineBytes = 0;
  #isInText = false;
  #isEscaped = false;
  #isBehindReturn = false;

  constructor(end: MessageEnd) {
    this.#end = end;
  }

  /** Why a message is refused that goes on so; undefined: it is not. What comes in pieces is counted as if it came at once. */
  add(piece: Uint8Array): string | undefined {
    for (const byte of piece) {
      this.#bytes += 1;
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) this.#endLine(byte);
      else this.#count(byte);
      if (this.#bytes > MOST_BYTES) return `it sent more than ${MOST_BYTES} bytes in one message`;
      if (this.#values > MOST_VALUES) return `it sent more than ${MOST_VALUES} values in one message`;
    }
    return undefined;
  }

  #count(byte: number): void {
    this.#lineBytes += 1;
    this.#isBehindReturn = false;
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === QUOTE) this.#isInText = !this.#isInText;
    else if (this.#isInText) this.#isEscaped = byte === BACKSLASH;
    else if (byte === COMMA || byte === LIST || byte === OBJECT) this.#values += 1;
  }

  #endLine(byte: number): void {
    this.#isInText = false;
    this.#isEscaped = false;
    const isSecondHalf = byte === LINE_FEED && this.#isBehindReturn;
    this.#isBehindReturn = byte === CARRIAGE_RETURN;
    if (isSecondHalf) return;
    if (this.#end === 'line' || (this.#end === 'empty line' && this.#lineBytes === 0)) {
      this.#bytes = 0;
      this.#values = 0;
    }
    this.#lineBytes = 0;
  }
}
