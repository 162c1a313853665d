import type { JsonValue } from '../json/json.js';
import { wellFormedJson } from '../json/well-formed-text.js';

/** Where a text has its JSON: code units from `start` up to `end`. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

/** An answer as it travels: what it says in structure is in its text already, and twice would be too much for a payload. */
export interface StructuredText {
  readonly text: string;
  /** By itself where it is small. */
  readonly output?: JsonValue;
  readonly outputAt?: TextSpan;
}

/** The span of a text without the blanks around it, and without a byte order mark. */
export function trimmedSpan(text: string, { start, end }: TextSpan = { start: 0, end: text.length }): TextSpan {
  const part = text.slice(start, end);
  const first = end - part.trimStart().length;
  return { start: first, end: Math.max(first, start + part.trimEnd().length) };
}

/** Longer texts may take more than half a payload, whatever is in them. */
const SHORT_TEXT = 128 * 1024;

/** What an answer says in structure, in the way in which it travels. */
export function carriedOutput(
  text: string,
  { output, outputAt }: Required<Pick<StructuredText, 'output' | 'outputAt'>>,
): Pick<StructuredText, 'output' | 'outputAt'> {
  return text.length <= SHORT_TEXT ? { output } : { outputAt };
}

/** What an answer says in structure, if anything. */
export function outputOf({ text, output, outputAt }: StructuredText): JsonValue | undefined {
  if (output !== undefined || outputAt === undefined) return output;
  return readSpan(text, outputAt);
}

/** The JSON of a span that has some. An escape in JSON can say what the text itself may not have: that is mended. */
export function readSpan(text: string, { start, end }: TextSpan): JsonValue {
  return wellFormedJson(JSON.parse(text.slice(start, end)) as JsonValue);
}
