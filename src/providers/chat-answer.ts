import { ModelError } from '../core/model-error.js';
import type { TokenUsage } from '../core/stream-event.js';
import type { ModelFinish, StopReason } from '../core/turn.js';
import type { ChatChunk } from './chat-chunk.js';
import { ToolCallGatherer } from './gather-tool-calls.js';
import type { ToolNames } from './tool-names.js';

type Delta = Extract<ChatChunk, { type: 'delta' }>;

const NO_USAGE: TokenUsage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

const STOP_REASONS: Readonly<Record<string, StopReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
};

/** What is known of one streamed answer besides its text. */
export class ChatAnswer {
  readonly #calls = new ToolCallGatherer();
  readonly #warnings: string[];
  #finishReason: string | undefined;
  #refusal = '';
  #usage: TokenUsage | undefined;
  #ended = false;

  constructor(warnings: readonly string[]) {
    this.#warnings = [...warnings];
  }

  take(delta: Delta): void {
    for (const piece of delta.toolCalls) this.#calls.add(piece);
    this.#refusal += delta.refusal.slice(0, 1000 - Math.min(1000, this.#refusal.length));
    this.#finishReason ??= delta.finishReason;
    this.#usage = delta.usage ?? this.#usage;
  }

  /** The provider's `[DONE]`. */
  end(): void {
    this.#ended = true;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** The provider said why it stopped, so nothing but usage can follow. */
  get hasFinishReason(): boolean {
    return this.#finishReason !== undefined;
  }

  /**
   * The answer as a whole. Throws ModelError `incomplete_stream` when neither a finish reason nor `[DONE]` came: the
   * text so far may be half of it; and `content_filter` when the provider or the model would not answer.
   */
  finish(names: ToolNames, turn: number): Omit<ModelFinish, 'providerRequestId'> {
    if (!this.#ended && this.#finishReason === undefined) {
      throw new ModelError('incomplete_stream', 'The answer ended before the provider said that it was whole.');
    }
    if (this.#finishReason === 'content_filter') {
      throw new ModelError(
        'content_filter',
        "The provider's content filter stopped the answer. Change the prompt or the document.",
      );
    }
    if (this.#refusal !== '')
      throw new ModelError('content_filter', 'The model refused to answer. Change the prompt or the document.');
    const toolCalls = this.#calls.finish(names, turn);
    return {
      toolCalls,
      usage: this.#countedUsage(),
      stopReason: this.#stopReason(toolCalls.length),
      warnings: this.#warnings,
    };
  }

  /** The answer when a stop sequence ended it here: what the provider would still send is not waited for. */
  finishAtStop(): Omit<ModelFinish, 'providerRequestId'> {
    return { toolCalls: [], usage: this.#countedUsage(), stopReason: 'stop', warnings: this.#warnings };
  }

  #countedUsage(): TokenUsage {
    if (this.#usage === undefined) this.#warnings.push('The provider did not report its token usage: it counts as 0.');
    return this.#usage ?? NO_USAGE;
  }

  /** Some servers finish with `stop`, or a word of their own, when they have called tools. */
  #stopReason(toolCalls: number): StopReason {
    const known = this.#finishReason === undefined ? 'stop' : STOP_REASONS[this.#finishReason];
    if (known === undefined)
      this.#warnings.push('The provider gave a finish reason that is not known: taken as "stop".');
    if (toolCalls > 0 && known !== 'length') return 'tool_calls';
    return known ?? 'stop';
  }
}
