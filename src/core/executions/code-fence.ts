import { trimmedSpan } from './answer-output.js';

/** A code block in Markdown, between fences. */
export interface CodeFence {
  /** What stands behind its opening: the language, in lower case. */
  readonly language: string;
  readonly bodyStart: number;
  /** Behind its last line that is not blank. The end of the text where nothing closes it. */
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

/** Where code blocks end: the same for all that are open at a place, each within the other. */
interface Close {
  readonly bodyEnd: number;
  /** Where the fence begins that closes them. */
  readonly fence: number;
  readonly end: number;
}

/**
 * The fences of one text, found from the front to the back. Takes time that grows with the length of the text: what closes a
 * fence is looked for behind what closed the one before.
 */
export class CodeFences {
  readonly #text: string;
  /** The closes that are known, by sign and length. They hold for every line up to their fence. */
  readonly #closes = new Map<string, Close>();
  readonly #unclosed: Close;

  constructor(text: string) {
    this.#text = text;
    const end = text.length;
    this.#unclosed = { bodyEnd: trimmedSpan(text).end, fence: end, end };
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
    const run = this.#text.charAt(start).repeat(Math.min(end - start, LONGEST_TOLD_APART));
    const close = this.#closing(run, bodyStart);
    // Of one that begins in front of blank lines nothing is left.
    const bodyEnd = Math.max(bodyStart, close.bodyEnd);
    return { end, block: { language: info.trim().toLowerCase(), bodyStart, bodyEnd, end: close.end } };
  }

  #closing(run: string, from: number): Close {
    const known = this.#closes.get(run);
    if (known !== undefined && from <= known.fence) return known;
    const close = this.#nextClose(run, from);
    this.#closes.set(run, close);
    return close;
  }

  #nextClose(run: string, from: number): Close {
    for (let at = this.#text.indexOf(run, from); at !== -1; at = this.#text.indexOf(run, at)) {
      RUN.lastIndex = at;
      RUN.test(this.#text);
      const line = this.#text.indexOf('\n', RUN.lastIndex);
      const end = line === -1 ? this.#text.length : line;
      if (beginsLine(this.#text, at) && this.#text.slice(RUN.lastIndex, end).trim() === '') {
        return { bodyEnd: trimmedSpan(this.#text, { start: from, end: at }).end, fence: at, end };
      }
      at = end;
    }
    return this.#unclosed;
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
