import type { StopReason } from '../../core/executions/turn.js';
import type { AnswerPiece, StopWord } from '../wire-format.js';

/** How sure it is that nothing follows. */
export type Closeness =
  /** Nothing was said about an end, or words have come since. */
  | 'open'
  /** A reason to stop came, but together with words, or from a server that gives one with every frame. */
  | 'announced'
  /** A reason to stop came by itself: only counts follow. */
  | 'stopped'
  /** The terminal event came. */
  | 'ended';

const RANKS: Readonly<Record<StopReason, number>> = { stop: 0, tool_calls: 1, length: 2, content_filter: 3 };
const FAILURE = 4;

/** Whether an answer is whole: the provider has said that it ended, and why, and no words came after that. */
export class Ending {
  readonly #repeatsReasons: boolean;
  #reason: StopWord | undefined;
  #closeness: Closeness = 'open';
  /** Words came behind the terminal event: what is whole has none of them, and what has them was never said to be whole. */
  #goesOn = false;

  constructor(options: { readonly repeatsReasons: boolean }) {
    this.#repeatsReasons = options.repeatsReasons;
  }

  take(piece: AnswerPiece): void {
    const speaks = isSpeech(piece);
    if (speaks) {
      this.#goesOn ||= this.#closeness === 'ended';
      this.#closeness = 'open';
    }
    if (piece.stop !== undefined) {
      if (this.#outranks(piece.stop)) this.#reason = piece.stop;
      if (this.#closeness !== 'ended') this.#closeness = speaks || this.#repeatsReasons ? 'announced' : 'stopped';
    }
    if (piece.ended === true) this.#closeness = 'ended';
  }

  get closeness(): Closeness {
    return this.#closeness;
  }

  /** The reason, once one was given: a bad one stays, whatever follows. */
  get reason(): StopWord | undefined {
    return this.#reason;
  }

  get isBad(): boolean {
    return this.#reason !== undefined && rankOf(this.#reason) >= RANKS.content_filter;
  }

  /** Nobody said that it ended, or why, or it went on behind its end. */
  get isMissing(): boolean {
    return this.#reason === undefined || this.#closeness === 'open' || this.#goesOn;
  }

  /** A gateway puts its own "stop" behind an answer that was cut off; only words in between make it a new reason. */
  #outranks(next: StopWord): boolean {
    if (this.#reason === undefined) return true;
    if (this.#closeness === 'open' && !this.isBad) return true;
    return rankOf(next) >= rankOf(this.#reason);
  }
}

function rankOf(stop: StopWord): number {
  return 'ends' in stop ? RANKS[stop.ends] : FAILURE;
}

function isSpeech({ text = '', reasoning = '', refusal = '', toolCalls = [] }: AnswerPiece): boolean {
  return text !== '' || reasoning !== '' || refusal !== '' || toolCalls.length > 0;
}
