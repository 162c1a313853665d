/** What stands at a place of a text that begins like an object or a list in JSON. */
export interface JsonScan {
  /**
   * `whole`: an object or a list, up to `end`, if its scalars are right. `broken`: it was JSON up to `end`. `unfinished`:
   * it was, up to the end of the text. `none`: it never was, as a bracket in prose.
   */
  readonly kind: 'whole' | 'broken' | 'unfinished' | 'none';
  /** Where to look on: nothing before it begins a value that is not a part of what was looked at. */
  readonly end: number;
}

/** What may come next. */
type Expected = 'first key' | 'key' | 'colon' | 'first value' | 'value' | 'more';

/** Blank, tab and line breaks. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const SCALAR = /[-+.0-9A-Za-z]+/y;

/**
 * Looks for one object or list that begins at `start`. Whatever begins within what is broken is broken as well, or a part
 * of it: so nobody has to look there again, and a text is looked through in time that grows with its length.
 */
export function scanJson(text: string, start: number): JsonScan {
  const scan = new Scan(text, start);
  for (;;) {
    const ended = scan.step();
    if (ended !== undefined) return ended;
  }
}

class Scan {
  readonly #text: string;
  readonly #open: ('}' | ']')[] = [];
  #at: number;
  #expected: Expected = 'first value';
  /** A key with its colon was there, or a container was closed: that is more than a bracket in prose. */
  #isJson = false;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#at = start;
  }

  step(): JsonScan | undefined {
    this.#at = behindBlanks(this.#text, this.#at);
    const sign = this.#text[this.#at];
    if (sign === undefined) return this.#failed();
    if (sign === this.#open.at(-1)) return this.#close();
    switch (this.#expected) {
      case 'first key':
      case 'key':
        return sign === '"' ? this.#pass(endOfString(this.#text, this.#at), 'colon') : this.#failed();
      case 'colon':
        this.#isJson ||= sign === ':';
        return sign === ':' ? this.#pass(this.#at + 1, 'value') : this.#failed();
      case 'more':
        return sign === ',' ? this.#pass(this.#at + 1, this.#open.at(-1) === '}' ? 'key' : 'value') : this.#failed();
      case 'first value':
      case 'value':
        return this.#value(sign);
    }
  }

  #value(sign: string): JsonScan | undefined {
    if (sign === '"') return this.#pass(endOfString(this.#text, this.#at), 'more');
    if (sign === '{' || sign === '[') {
      this.#open.push(sign === '{' ? '}' : ']');
      return this.#pass(this.#at + 1, sign === '{' ? 'first key' : 'first value');
    }
    const end = behindScalar(this.#text, this.#at);
    return end === this.#at ? this.#failed() : this.#pass(end, 'more');
  }

  #close(): JsonScan | undefined {
    if (this.#expected !== 'more' && !this.#expected.startsWith('first')) return this.#failed();
    this.#open.pop();
    this.#isJson = true;
    this.#pass(this.#at + 1, 'more');
    return this.#open.length === 0 ? { kind: 'whole', end: this.#at } : undefined;
  }

  #pass(end: number | undefined, expected: Expected): JsonScan | undefined {
    if (end === undefined) return this.#failed();
    this.#at = end;
    this.#expected = expected;
    return undefined;
  }

  #failed(): JsonScan {
    const isAtEnd = this.#at >= this.#text.length;
    return { kind: !this.#isJson ? 'none' : isAtEnd ? 'unfinished' : 'broken', end: this.#at };
  }
}

function behindBlanks(text: string, start: number): number {
  let at = start;
  while (BLANKS.has(text.charCodeAt(at))) at += 1;
  return at;
}

function behindScalar(text: string, start: number): number {
  SCALAR.lastIndex = start;
  return SCALAR.test(text) ? SCALAR.lastIndex : start;
}

/** Behind the closing quote, or the end of the text; `undefined` where the line ends before. */
function endOfString(text: string, quote: number): number | undefined {
  for (let at = quote + 1; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') return at + 1;
    if (sign === '\n' || sign === '\r') return undefined;
    if (sign === '\\') at += 1;
  }
  return text.length;
}
