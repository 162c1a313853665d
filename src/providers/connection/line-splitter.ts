import { ModelError } from '../../core/executions/model-error.js';
import { LARGEST_FRAME } from './largest-frame.js';

const LF = 10;

/**
 * Cuts a text that arrives in pieces into its lines, which end in LF, CR, or both. Every character is looked at once, however
 * small the pieces are. Throws ModelError `incomplete_stream` for a line above LARGEST_FRAME characters.
 */
export class LineSplitter {
  #open: string[] = [];
  #size = 0;
  /** The piece before ended in CR: a LF in front of this one belongs to it. */
  #isAfterCr = false;

  /** The lines that end in this piece. */
  take(piece: string): readonly string[] {
    if (piece === '') return [];
    const text = this.#isAfterCr && piece.charCodeAt(0) === LF ? piece.slice(1) : piece;
    this.#isAfterCr = piece.endsWith('\r');
    const lines = text.includes('\r') ? text.split(/\r\n|\r|\n/) : text.split('\n');
    const last = lines.pop() ?? '';
    const [first] = lines;
    if (first !== undefined) lines[0] = this.#close(first);
    this.#keep(last);
    return lines;
  }

  /** What has no end. */
  rest(): string {
    return this.#close('');
  }

  #close(end: string): string {
    if (this.#open.length === 0) return bounded(end);
    const line = bounded(this.#open.join('') + end);
    this.#open = [];
    this.#size = 0;
    return line;
  }

  #keep(part: string): void {
    if (part === '') return;
    this.#open.push(part);
    this.#size += part.length;
    if (this.#size > LARGEST_FRAME) throw endless();
  }
}

function bounded(line: string): string {
  if (line.length > LARGEST_FRAME) throw endless();
  return line;
}

function endless(): ModelError {
  return new ModelError('incomplete_stream', 'The provider sent a line of more than 2 MiB without an end.');
}
