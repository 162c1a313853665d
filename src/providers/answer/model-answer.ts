import { ModelError } from '../../core/executions/model-error.js';
import type { TokenUsage } from '../../core/streams/stream-event.js';
import type { ModelFinish, StopReason } from '../../core/executions/turn.js';
import type { ToolNames } from '../request/tool-names.js';
import type { AnswerPiece, StopWord } from '../wire-format.js';
import { Ending } from './ending.js';
import { ToolCallGatherer } from './gather-tool-calls.js';
import { mergeUsage } from './merge-usage.js';

type Finish = Omit<ModelFinish, 'providerRequestId' | 'providerState'>;

export interface ExpectedAnswer {
  readonly turn: number;
  readonly mayBeEmpty: boolean;
  /** A provider's or model's own words as they may be shown; empty when they may not. */
  readonly quote: (words: string) => string;
}

const NO_USAGE: TokenUsage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const LONGEST_REFUSAL = 1000;

/** What is known of one streamed answer besides its text. */
export class ModelAnswer {
  readonly #calls = new ToolCallGatherer();
  readonly #warnings: string[];
  readonly #ending: Ending;
  #refusal = '';
  #usage: TokenUsage | undefined;
  #hasText = false;
  #hasCalls = false;

  constructor(warnings: readonly string[], options: { readonly repeatsReasons: boolean }) {
    this.#warnings = [...warnings];
    this.#ending = new Ending(options);
  }

  take(piece: AnswerPiece): void {
    for (const part of piece.toolCalls ?? []) {
      this.#calls.add(part);
      this.#hasCalls = true;
    }
    if (piece.refusal !== undefined) this.#refusal = (this.#refusal + piece.refusal).slice(0, LONGEST_REFUSAL);
    if (piece.text !== undefined && piece.text !== '') this.#hasText = true;
    if (piece.usage !== undefined) this.#usage = mergeUsage(this.#usage, piece.usage);
    this.#ending.take(piece);
  }

  warn(warning: string | undefined): void {
    if (warning !== undefined) this.#warnings.push(warning);
  }

  get ending(): Pick<Ending, 'closeness' | 'isBad'> {
    return this.#ending;
  }

  /** The largest count so far. */
  get usage(): TokenUsage | undefined {
    return this.#usage;
  }

  /** Nothing of what came was part of an answer. */
  get isNothing(): boolean {
    const { reason } = this.#ending;
    return (
      !this.#hasText && !this.#hasCalls && this.#refusal === '' && this.#usage === undefined && reason === undefined
    );
  }

  /**
   * The answer as a whole. Throws ModelError: the failure that the provider gave as its reason to stop; `incomplete_stream`
   * when it gave none, or one that nobody knows, or words came after it, since the text so far may be half of it, and when
   * there is nothing in it; `content_filter` when the provider or the model would not answer.
   */
  finish(names: ToolNames, expected: ExpectedAnswer): Finish {
    const { reason } = this.#ending;
    if (reason !== undefined && this.#ending.isBad) throw badEnd(reason, expected);
    if (reason === undefined || !('ends' in reason) || this.#ending.isMissing) {
      throw new ModelError('incomplete_stream', 'The answer ended before the provider said that it was whole.');
    }
    if (this.#refusal !== '') throw refused(this.#refusal, expected);
    const toolCalls = this.#calls.finish(names, expected.turn);
    // Some servers finish with `stop` when they have called tools.
    const stopReason = toolCalls.length > 0 && reason.ends !== 'length' ? 'tool_calls' : reason.ends;
    if (!this.#hasText && toolCalls.length === 0 && !expected.mayBeEmpty) throw emptyAnswer(stopReason);
    if (stopReason === 'length') this.#warnings.push('The answer was cut off: it reached its limit of tokens.');
    return { toolCalls, usage: this.#countedUsage(), stopReason, warnings: this.#warnings };
  }

  /** The answer when a stop sequence ended it here: what the provider would still send is not waited for. */
  finishAtStop(): Finish {
    return { toolCalls: [], usage: this.#countedUsage(), stopReason: 'stop', warnings: this.#warnings };
  }

  #countedUsage(): TokenUsage {
    if (this.#usage === undefined) this.#warnings.push('The provider did not report its token usage: it counts as 0.');
    return this.#usage ?? NO_USAGE;
  }
}

const OTHER_PROMPT = 'Change the prompt or the document.';

function badEnd(reason: StopWord, { quote }: ExpectedAnswer): ModelError {
  const words = [reason.word, reason.detail ?? ''].map(quote).filter((word) => word !== '');
  const said = words.length === 0 ? '' : ` (${words.join(': ')})`;
  if (!('fails' in reason)) {
    return new ModelError('content_filter', `The provider's content filter stopped the answer${said}. ${OTHER_PROMPT}`);
  }
  const what =
    reason.fails === 'incomplete_stream'
      ? 'The provider stopped for a reason that is no good end, so the answer may not be whole'
      : 'The provider broke the answer off';
  return new ModelError(reason.fails, `${what}${said}.`);
}

function refused(refusal: string, { quote }: ExpectedAnswer): ModelError {
  const words = quote(refusal);
  const said = words === '' ? '' : ` It said: ${words}`;
  return new ModelError('content_filter', `The model refused to answer. ${OTHER_PROMPT}${said}`);
}

function emptyAnswer(stopReason: StopReason): ModelError {
  if (stopReason !== 'length') return new ModelError('incomplete_stream', 'The model ended its answer without a word.');
  const advice = 'Raise llmConfig.maxTokens, or have it think less.';
  return new ModelError('invalid_request', `The model used up its tokens before it wrote a word. ${advice}`);
}
