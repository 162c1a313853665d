import { ModelError } from '../../core/executions/model-error.js';
import { depthAfter } from '../../core/json/nesting.js';
import { LARGEST_FRAME } from './largest-frame.js';

/** As deep as a frame may nest. */
const DEEPEST = 256;

/**
 * Lines between the frames of a stream that belong to none: a JSON value over several of them (an error, or the whole
 * answer in one piece), or what is left of a frame. Throws ModelError `incomplete_stream` above LARGEST_FRAME characters.
 */
export class StrayText {
  #lines: string[] = [];
  #size = 0;
  /** In how many objects and lists the last line ends; undefined where no further line can make a value of them all. */
  #depth: number | undefined = 0;

  get isOpen(): boolean {
    return this.#lines.length > 0;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#size += line.length + 1;
    this.#depth = depthBehind(line, this.#depth);
    if (this.#size <= LARGEST_FRAME) return;
    throw new ModelError('incomplete_stream', 'The provider sent more than 2 MiB that are no event of its stream.');
  }

  /** The lines together, once they are a JSON value. They are read once, however many they are. */
  takeValue(): string | undefined {
    const last = this.#lines.at(-1)?.trimEnd() ?? '';
    if (this.#depth !== 0 || !(last.endsWith('}') || last.endsWith(']'))) return undefined;
    // Whatever follows one that is closed makes no value of it.
    this.#depth = undefined;
    return isJson(this.#lines.join('\n')) ? this.takeAll() : undefined;
  }

  /** All lines, whatever they are. */
  takeAll(): string {
    const text = this.#lines.join('\n');
    this.#lines = [];
    this.#size = 0;
    this.#depth = 0;
    return text;
  }
}

function depthBehind(line: string, before: number | undefined): number | undefined {
  if (before === undefined) return undefined;
  const depth = depthAfter(line, before, DEEPEST);
  return depth === undefined || depth < 0 || depth > DEEPEST ? undefined : depth;
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
