import { utf8Length } from '../json/utf8-length.js';
import { ModelError } from './model-error.js';

/** The longest answer, and the longest reasoning, in bytes of UTF-8. Every stream backend takes as much. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Counts what a model says, as it says it. */
export class AnswerLimit {
  readonly #what: string;
  #bytes = 0;

  constructor(what: string) {
    this.#what = what;
  }

  /** Throws ModelError `answer_too_large` when all that was added is longer than it may be. */
  add(text: string): void {
    this.#bytes += utf8Length(text);
    if (this.#bytes <= MAX_ANSWER_BYTES) return;
    const message = `${this.#what} is longer than ${MAX_ANSWER_BYTES} bytes; set llmConfig.maxTokens.`;
    throw new ModelError('answer_too_large', message);
  }
}
