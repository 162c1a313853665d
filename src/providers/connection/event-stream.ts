import { isJsonObject, ownValue } from '../../core/json/json.js';
import { ModelError } from '../../core/executions/model-error.js';
import { parseJsonObject } from '../failures/failed-answer.js';
import { LARGEST_FRAME } from './largest-frame.js';
import { BodyDecoder } from './body-decoder.js';
import { LineSplitter } from './line-splitter.js';
import { isJson, StrayText } from './stray-text.js';

/**
 * The data of the server-sent events, those together that arrive together. Errors that are no event (an `error:` field, a
 * JSON value between the events or in place of them all, an event whose name is `error`) are passed on as events like
 * any other, and so is what is left at the end without its blank line: the reader sees a cut frame as broken, not as absent.
 * Throws ModelError `incomplete_stream` for an event above LARGEST_FRAME characters.
 */
export async function* readEventData(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  contentType = '',
): AsyncGenerator<readonly string[], void, undefined> {
  const frames = new EventFrames();
  const decoder = new BodyDecoder(contentType);
  for await (const bytes of body) yield frames.take(decoder.take(bytes));
  yield frames.end(decoder.end());
}

/** Reads lines as server-sent events. Not `eventsource-parser`: an Error for each line that it does not know costs 10 µs. */
class EventFrames {
  readonly #lines = new LineSplitter();
  readonly #stray = new StrayText();
  #ready: string[] = [];
  #data: string[] = [];
  #size = 0;
  #name = '';

  take(text: string): readonly string[] {
    this.#ready = [];
    for (const line of this.#lines.take(text)) this.#takeLine(line);
    return this.#ready;
  }

  end(text: string): readonly string[] {
    this.#ready = [];
    for (const line of [...this.#lines.take(text), this.#lines.rest(), '']) this.#takeLine(line);
    this.#flush();
    return this.#ready;
  }

  #takeLine(line: string): void {
    if (line === '') this.#dispatch();
    else if (line.startsWith('data:')) this.#takeData(valueOf(line, 5));
    else if (line.startsWith('event:')) this.#name = valueOf(line, 6);
    else if (!line.startsWith(':')) this.#takeOdd(line);
  }

  #takeData(data: string): void {
    this.#flush();
    this.#data.push(data);
    // A line without a word takes its place, too.
    this.#size += data.length + 1;
    if (this.#size <= LARGEST_FRAME) return;
    throw new ModelError('incomplete_stream', 'The provider sent an event of more than 2 MiB without an end.');
  }

  #dispatch(): void {
    const [first, ...others] = this.#data;
    if (first !== undefined) {
      if (this.#name === 'error') this.#ready.push(errorFrame(this.#data.join('\n')));
      else if (others.length === 0) this.#ready.push(first);
      else for (const frame of separated(this.#data)) this.#ready.push(frame);
      this.#data = [];
      this.#size = 0;
    }
    this.#name = '';
  }

  /** A line that is no data: an error, a field that we need not know, or a piece of JSON. */
  #takeOdd(line: string): void {
    // A field without a value, or a ping.
    if (/^[\w-]+$/.test(line)) return;
    const colon = line.indexOf(':');
    const field = colon === -1 ? '' : line.slice(0, colon);
    if (!/^[A-Za-z][\w-]*$/.test(field)) {
      if (line.trim() !== '') this.#takeStray(line);
      return;
    }
    const value = valueOf(line, colon + 1);
    if (field.toLowerCase() === 'error') this.#ready.push(errorFrame(value));
    // The end of `data` is what is left of a frame.
    else if ('data'.endsWith(field) || (/[{}"]/.test(value) && !isJson(value))) this.#takeStray(line);
  }

  #takeStray(line: string): void {
    this.#stray.add(line);
    const json = this.#stray.takeValue();
    if (json !== undefined) this.#ready.push(json);
  }

  #flush(): void {
    if (this.#stray.isOpen) this.#ready.push(this.#stray.takeAll());
  }
}

function valueOf(line: string, from: number): string {
  return line.slice(line.startsWith(' ', from) ? from + 1 : from);
}

/** An error as the frame that it would be in Chat Completions. */
function errorFrame(data: string): string {
  const error = parseJsonObject(data);
  if (error === undefined) return JSON.stringify({ error: data.trim() === '' ? 'The server gave no reason.' : data });
  return isJsonObject(ownValue(error, 'error')) ? data : JSON.stringify({ error });
}

/** The lines of an event's data, where each is an object of its own: its server forgets the blank line between events. */
function separated(lines: readonly string[]): readonly string[] {
  const isObject = (line: string) => line.startsWith('{') && line.trimEnd().endsWith('}');
  return lines.every((line) => isObject(line) || line.trim() === '[DONE]') ? lines : [lines.join('\n')];
}
