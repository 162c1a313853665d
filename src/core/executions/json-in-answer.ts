import { jsonEquals, type JsonValue } from '../json/json.js';
import { isJsonArray } from '../json/json-fields.js';
import { scanJson } from '../json/scan-json.js';
import { trimmedSpan, type TextSpan } from './answer-output.js';
import { beginsLine, CodeFences, type CodeFence } from './code-fence.js';
import { MARK_LETTERS, thoughtMarkAt } from './thought-marks.js';

/** What a model said in JSON, and where its text has that; or why nobody can tell. */
export type AnsweredJson =
  | { readonly type: 'json'; readonly value: JsonValue; readonly at: TextSpan }
  | { readonly type: 'unclear'; readonly problem: string };

/**
 * Finds the one JSON value that a model answered with: alone, in a code block, with prose around it, behind what it
 * thought aloud, or said twice. Two that differ, one that is broken and one that has no end are nobody's guess. Takes time
 * that grows with the length of the text, whatever is in it.
 */
export function jsonInAnswer(text: string): AnsweredJson {
  // Trimming takes a byte order mark along.
  const at = trimmedSpan(text);
  const whole = parseJson(text.slice(at.start, at.end));
  if (whole !== undefined) return { type: 'json', value: whole, at };
  const outside = new AnswerScan(text);
  outside.run(0, 'text');
  const thought = outside.unclosedThought;
  if (thought === undefined || !outside.isEmpty) return outside.result();
  // What never says that its thought is over has answered if JSON on lines of its own is the last that it says.
  const inside = new AnswerScan(text);
  inside.run(thought, 'thought');
  return inside.endsInBlock ? inside.result() : unclear('ends within what the model thinks');
}

function unclear(problem: string): AnsweredJson {
  return { type: 'unclear', problem: `The answer ${problem}.` };
}

interface Candidate {
  readonly value: JsonValue;
  readonly at: TextSpan;
  readonly end: number;
  /** Whether it stands on lines of its own, or fills a code block. */
  readonly isBlock: boolean;
}

/** Where there may be something: a brace, for one, that JSON can go on behind. */
const PLACES = new RegExp(String.raw`\{(?=[ \t\n\r]*["}])|[[\`~${MARK_LETTERS}]`, 'g');
/** Languages of code blocks that hold text. What is in other ones is JSON as a whole, or code. */
const TEXT_LANGUAGE = /^(?:json.*|text|txt|plain|plaintext|output|markdown|md|response|answer|result)?$/;

class AnswerScan {
  readonly #text: string;
  readonly #fences: CodeFences;
  #candidates: Candidate[] = [];
  #damage: 'broken' | 'unfinished' | undefined;
  #lastEnd = 0;
  #unclosedThought: number | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#fences = new CodeFences(text);
  }

  /** In a thought there are no marks of thoughts. */
  run(start: number, where: 'text' | 'thought'): void {
    let at = this.#next(start);
    while (at !== -1) {
      const mark = where === 'text' ? thoughtMarkAt(this.#text, at) : undefined;
      if (mark?.type === 'thought' && mark.end === undefined) {
        this.#unclosedThought = mark.begin;
        return;
      }
      if (mark?.type === 'end') this.#forget();
      at = this.#next(mark?.end ?? this.#pass(at));
    }
  }

  /** Where a thought begins that has no end. */
  get unclosedThought(): number | undefined {
    return this.#unclosedThought;
  }

  get isEmpty(): boolean {
    return this.#candidates.length === 0 && this.#damage === undefined;
  }

  /** Whether a value on lines of its own is the last that is said. */
  get endsInBlock(): boolean {
    const last = this.#candidates.at(-1);
    return last?.isBlock === true && this.#text.slice(Math.max(last.end, this.#lastEnd)).trim() === '';
  }

  result(): AnsweredJson {
    if (this.#damage !== undefined) return unclear(`has JSON that is ${this.#damage}`);
    const [first, ...others] = weightiest(this.#candidates);
    if (first === undefined) return unclear('is not JSON, and a structured one was asked for');
    if (others.every(({ value }) => jsonEquals(value, first.value))) {
      return { type: 'json', value: first.value, at: first.at };
    }
    return unclear('has several JSON values, and they differ');
  }

  #next(from: number): number {
    PLACES.lastIndex = from;
    return PLACES.exec(this.#text)?.index ?? -1;
  }

  /** What came before was a thought whose beginning was not sent. */
  #forget(): void {
    this.#candidates = [];
    this.#damage = undefined;
  }

  /** Gives where to look on. */
  #pass(at: number): number {
    const sign = this.#text[at];
    if (sign === '{' || sign === '[') return this.#value(at);
    if (sign !== '`' && sign !== '~') return at + 1;
    const { end, block } = this.#fences.at(at);
    return block === undefined ? end : this.#block(block);
  }

  #value(at: number): number {
    const { kind, end } = scanJson(this.#text, at);
    if (kind === 'none') return end;
    const value = kind === 'whole' ? parseJson(this.#text.slice(at, end)) : undefined;
    if (value === undefined) this.#damage = kind === 'unfinished' ? 'unfinished' : 'broken';
    else {
      const isBlock = beginsLine(this.#text, at) && endsLine(this.#text, end);
      this.#candidates.push({ value, at: { start: at, end }, end, isBlock });
    }
    return end;
  }

  #block({ language, bodyStart, bodyEnd, end }: CodeFence): number {
    const at = trimmedSpan(this.#text, { start: bodyStart, end: bodyEnd });
    const body = this.#text.slice(at.start, at.end);
    const value = isWholeJson(body) ? parseJson(body) : undefined;
    if (value !== undefined) {
      this.#candidates.push({ value, at, end, isBlock: true });
      return end;
    }
    if (!TEXT_LANGUAGE.test(language)) return end;
    this.#lastEnd = Math.max(this.#lastEnd, end);
    return bodyStart;
  }
}

/** A list within a sentence is a footnote before it is an answer, and `{}` is anything. */
function weightiest(candidates: readonly Candidate[]): readonly Candidate[] {
  const weighty = candidates.filter(({ value, isBlock }) => isBlock || (!isJsonArray(value) && !isEmptyObject(value)));
  return weighty.length > 0 ? weighty : candidates;
}

function isEmptyObject(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

const SCALAR = /^(?:"[^\n]*"|-?[0-9][-+.0-9Ee]*|true|false|null)$/;

/** Parsing alone would tell as well, at the price of an exception for each block that is none. */
function isWholeJson(text: string): boolean {
  if (!text.startsWith('{') && !text.startsWith('[')) return SCALAR.test(text);
  const { kind, end } = scanJson(text, 0);
  return kind === 'whole' && end === text.length;
}

function endsLine(text: string, at: number): boolean {
  const line = text.indexOf('\n', at);
  return text.slice(at, line === -1 ? text.length : line).trim() === '';
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
