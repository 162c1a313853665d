import { jsonLength, utf8Length } from '../json/utf8-length.js';
import { ModelError } from './model-error.js';

/** The longest answer, and the longest reasoning, in bytes of UTF-8. Every stream backend takes as much. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** The same as JSON, which escapes quotes and line breaks: Temporal takes 2 MiB at once, and there is more than the text. */
const MAX_JSON_BYTES = 1792 * 1024;

/** Counts what a model says, as it says it. */
export class AnswerLimit {
  readonly #what: string;
  #bytes = 0;
  #jsonBytes = 0;

  constructor(what: string) {
    this.#what = what;
  }

  /** Throws ModelError `answer_too_large` when all that was added is longer than it may be. */
  add(text: string): void {
    this.#bytes += utf8Length(text);
    this.#jsonBytes += jsonLength(text);
    this.#refuseMoreThan(MAX_ANSWER_BYTES, this.#bytes, 'bytes');
    this.#refuseMoreThan(MAX_JSON_BYTES, this.#jsonBytes, 'bytes as JSON');
  }

  #refuseMoreThan(most: number, bytes: number, unit: string): void {
    if (bytes <= most) return;
    const message = `${this.#what} is longer than ${most} ${unit}; set llmConfig.maxTokens.`;
    throw new ModelError('answer_too_large', message);
  }
}
