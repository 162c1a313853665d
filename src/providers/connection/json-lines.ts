import { BodyDecoder } from './body-decoder.js';
import { LineSplitter } from './line-splitter.js';
import { StrayText } from './stray-text.js';

/**
 * The lines of a body, those together that arrive together, without empty ones. A JSON value over several lines is passed
 * on as one; what is left at the end without its line break is passed on too, so that the reader sees a cut line as
 * broken and not as absent. Throws ModelError `incomplete_stream` for a line above LARGEST_FRAME characters.
 */
export async function* readJsonLines(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  contentType = '',
): AsyncGenerator<readonly string[], void, undefined> {
  const decoder = new BodyDecoder(contentType);
  const frames = new LineFrames();
  for await (const bytes of body) yield frames.take(decoder.take(bytes));
  yield frames.end(decoder.end());
}

class LineFrames {
  readonly #lines = new LineSplitter();
  readonly #stray = new StrayText();
  #ready: string[] = [];

  take(text: string): readonly string[] {
    this.#ready = [];
    for (const line of this.#lines.take(text)) this.#takeLine(contentOf(line));
    return this.#ready;
  }

  end(text: string): readonly string[] {
    this.#ready = [];
    for (const line of [...this.#lines.take(text), this.#lines.rest()]) this.#takeLine(contentOf(line));
    if (this.#stray.isOpen) this.#ready.push(this.#stray.takeAll());
    return this.#ready;
  }

  #takeLine(text: string): void {
    if (text === '') return;
    if (!this.#stray.isOpen && !opensValue(text)) {
      this.#ready.push(text);
      return;
    }
    this.#stray.add(text);
    const value = this.#stray.takeValue();
    if (value !== undefined) this.#ready.push(value);
  }
}

/** Gateways wrap the lines of others in server-sent events, and put comments between them. */
function contentOf(line: string): string {
  const text = line.trim();
  if (text.startsWith('{')) return text;
  if (/^(?::|event:|id:|retry:)/.test(text)) return '';
  return text.startsWith('data:') ? text.slice(5).trim() : text;
}

/** Whether a JSON value begins here that does not end on the line. */
function opensValue(text: string): boolean {
  return (text.startsWith('{') && !text.endsWith('}')) || (text.startsWith('[') && !text.endsWith(']'));
}
