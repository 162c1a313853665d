import { utf8Length } from '../core/json/utf8-length.js';
import { knows } from './turns.js';

/** Temporal takes 4 MiB in one answer of a worker: of these are the starts of executions, the rest answers and records. */
const MAX_BYTES_AT_ONCE = 1024 * 1024;

interface Turn {
  readonly bytes: number;
  readonly begin: () => void;
}

/**
 * Starts what fits into one answer of the worker. The others get their turn when Temporal has those before them: a place with
 * many agents would otherwise have their inputs, each a copy of the token, carried at once.
 */
export class StartsInTurns {
  #bytes = 0;
  #waitingBytes = 0;
  readonly #waiting: Turn[] = [];

  /** Of the starts that Temporal does not have yet. */
  get bytes(): number {
    return this.#bytes + this.#waitingBytes;
  }

  /** At once where it fits: what Temporal is asked for keeps its order then. */
  run<Result>(input: object, start: () => Promise<Result>): Promise<Result> {
    const bytes = utf8Length(JSON.stringify(input));
    // Histories of tokens that had to wait say so; the others replay as they were.
    if (this.#fits(bytes) || !knows('starts-in-turns')) return this.#begin(bytes, start);
    return new Promise((resolve) => {
      const begin = () => {
        resolve(this.#begin(bytes, start));
      };
      this.#waiting.push({ bytes, begin });
      this.#waitingBytes += bytes;
    });
  }

  #begin<Result>(bytes: number, start: () => Promise<Result>): Promise<Result> {
    this.#bytes += bytes;
    return start().finally(() => {
      this.#bytes -= bytes;
      this.#beginNext();
    });
  }

  #beginNext(): void {
    const [next] = this.#waiting;
    if (next === undefined || !this.#fits(next.bytes)) return;
    this.#waiting.shift();
    this.#waitingBytes -= next.bytes;
    next.begin();
    this.#beginNext();
  }

  /** Whatever is first begins, however large it is. */
  #fits(bytes: number): boolean {
    return this.#bytes === 0 || this.#bytes + bytes <= MAX_BYTES_AT_ONCE;
  }
}
