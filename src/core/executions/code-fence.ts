/** A code block in Markdown, between fences. */
export interface CodeFence {
  /** What stands behind its opening: the language, in lower case. */
  readonly language: string;
  readonly bodyStart: number;
  /** The end of the text where nothing closes it. */
  readonly bodyEnd: number;
  /** Behind the line that closes it. */
  readonly end: number;
}

const RUN = /`+|~+/y;
/** Longer fences are closed by what is as long as this: else a text could ask for a search of its own for every length. */
const LONGEST_TOLD_APART = 8;
/** Of blanks, quote and list marks before a fence. */
const DEEPEST_INDENT = 16;
const INDENT = new Set(' \t>-*+.0123456789');

/** The fences of one text, found from the front to the back. */
export class CodeFences {
  readonly #text: string;
  /** Which are known to have no end from here on: the sign, and from which length. */
  readonly #unclosed = new Map<string, number>();

  constructor(text: string) {
    this.#text = text;
  }

  /** The end of the backticks or tildes that begin at a place, and the code block that they open, if they do. */
  at(start: number): { readonly end: number; readonly block?: CodeFence } {
    RUN.lastIndex = start;
    RUN.test(this.#text);
    const end = RUN.lastIndex;
    if (end - start < 3 || !beginsLine(this.#text, start)) return { end };
    const line = this.#text.indexOf('\n', end);
    if (line === -1) return { end };
    const info = this.#text.slice(end, line);
    // JSON right behind the backticks is no language.
    if (/[`{[]/.test(info)) return { end };
    const bodyStart = line + 1;
    const close = this.#closing(this.#text.charAt(start), Math.min(end - start, LONGEST_TOLD_APART), bodyStart);
    const { bodyEnd, end: after } = close ?? { bodyEnd: this.#text.length, end: this.#text.length };
    return { end, block: { language: info.trim().toLowerCase(), bodyStart, bodyEnd, end: after } };
  }

  #closing(sign: string, length: number, from: number): { bodyEnd: number; end: number } | undefined {
    if (length >= (this.#unclosed.get(sign) ?? Infinity)) return undefined;
    const run = sign.repeat(length);
    for (let at = this.#text.indexOf(run, from); at !== -1; at = this.#text.indexOf(run, at)) {
      RUN.lastIndex = at;
      RUN.test(this.#text);
      const line = this.#text.indexOf('\n', RUN.lastIndex);
      const end = line === -1 ? this.#text.length : line;
      if (beginsLine(this.#text, at) && this.#text.slice(RUN.lastIndex, end).trim() === '') return { bodyEnd: at, end };
      at = end;
    }
    this.#unclosed.set(sign, length);
    return undefined;
  }
}

/** Whether nothing but indentation, quote and list marks stand before a place on its line. */
export function beginsLine(text: string, at: number): boolean {
  for (let before = at - 1; before >= at - DEEPEST_INDENT; before -= 1) {
    const sign = text[before];
    if (sign === undefined || sign === '\n') return true;
    if (!INDENT.has(sign)) return false;
  }
  return false;
}
