import { ModelError } from '../../core/executions/model-error.js';
import { shortened } from '../../core/json/shortened.js';
import type { TokenUsage } from '../../core/streams/stream-event.js';
import type { ModelFinish, StopReason } from '../../core/executions/turn.js';
import { ToolCallGatherer } from './gather-tool-calls.js';
import type { ToolNames } from '../request/tool-names.js';
import type { AnswerPiece } from '../wire-format.js';

type Finish = Omit<ModelFinish, 'providerRequestId'>;

const NO_USAGE: TokenUsage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const LONGEST_REFUSAL = 1000;

/** What is known of one streamed answer besides its text. */
export class ModelAnswer {
  readonly #calls = new ToolCallGatherer();
  readonly #warnings: string[];
  #stop: AnswerPiece['stop'];
  #refusal = '';
  #usage: TokenUsage | undefined;
  #ended = false;
  #hasText = false;

  constructor(warnings: readonly string[]) {
    this.#warnings = [...warnings];
  }

  take(piece: AnswerPiece): void {
    for (const part of piece.toolCalls ?? []) this.#calls.add(part);
    if (piece.refusal !== undefined) this.#refusal = shortened(this.#refusal + piece.refusal, LONGEST_REFUSAL);
    if (piece.text !== undefined && piece.text !== '') this.#hasText = true;
    this.#stop ??= piece.stop;
    this.#usage = piece.usage ?? this.#usage;
    this.#ended ||= piece.ended === true;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The provider said why it stopped, so nothing but usage can follow. */
  get hasStopped(): boolean {
    return this.#stop !== undefined;
  }

  get hasUsage(): boolean {
    return this.#usage !== undefined;
  }

  /**
   * The answer as a whole. Throws ModelError `incomplete_stream` when neither a reason to stop nor the terminal event
   * came, since the text so far may be half of it, and when there is nothing in it; `content_filter` when the provider
   * or the model would not answer.
   */
  finish(names: ToolNames, expected: { readonly turn: number; readonly mayBeEmpty: boolean }): Finish {
    if (!this.#ended && this.#stop === undefined) {
      throw new ModelError('incomplete_stream', 'The answer ended before the provider said that it was whole.');
    }
    if (this.#stop === 'content_filter') {
      throw new ModelError(
        'content_filter',
        "The provider's content filter stopped the answer. Change the prompt or the document.",
      );
    }
    if (this.#refusal !== '')
      throw new ModelError('content_filter', 'The model refused to answer. Change the prompt or the document.');
    const toolCalls = this.#calls.finish(names, expected.turn);
    const stopReason = this.#stopReason(toolCalls.length);
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

  /** Some servers finish with `stop`, or a word of their own, when they have called tools. */
  #stopReason(toolCalls: number): StopReason {
    const stop = this.#stop ?? 'stop';
    if (toolCalls > 0 && stop !== 'length') return 'tool_calls';
    if (stop !== 'unknown') return stop;
    this.#warnings.push('The provider gave a reason to stop that is not known: taken as "stop".');
    return 'stop';
  }
}

function emptyAnswer(stopReason: StopReason): ModelError {
  if (stopReason !== 'length') return new ModelError('incomplete_stream', 'The model ended its answer without a word.');
  const advice = 'Raise llmConfig.maxTokens, or have it think less.';
  return new ModelError('invalid_request', `The model used up its tokens before it wrote a word. ${advice}`);
}
