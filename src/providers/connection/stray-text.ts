import { ModelError } from '../../core/executions/model-error.js';
import { LARGEST_FRAME } from './largest-frame.js';

/** Characters that are read to see whether a value is complete: one brace a line must not cost the square of the whole. */
const MOST_READ = 8 * LARGEST_FRAME;

/**
 * Lines between the frames of a stream that belong to none: a JSON value over several of them (an error, or the whole
 * answer in one piece), or what is left of a frame. Throws ModelError `incomplete_stream` above LARGEST_FRAME characters.
 */
export class StrayText {
  #lines: string[] = [];
  #size = 0;
  #read = 0;

  get isOpen(): boolean {
    return this.#lines.length > 0;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#size += line.length + 1;
    if (this.#size <= LARGEST_FRAME) return;
    throw new ModelError('incomplete_stream', 'The provider sent more than 2 MiB that are no event of its stream.');
  }

  /** The lines together, once they are a JSON value. */
  takeValue(): string | undefined {
    const last = this.#lines.at(-1)?.trimEnd() ?? '';
    if (!(last.endsWith('}') || last.endsWith(']')) || this.#read > MOST_READ) return undefined;
    this.#read += this.#size;
    const text = this.#lines.join('\n');
    return isJson(text) ? this.takeAll() : undefined;
  }

  /** All lines, whatever they are. */
  takeAll(): string {
    const text = this.#lines.join('\n');
    this.#lines = [];
    this.#size = 0;
    return text;
  }
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
