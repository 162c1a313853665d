import { isJsonObject, ownValue, type JsonObject } from '../../../core/json/json.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { listAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { stopOf } from '../stop-words.js';
import { saidIn } from '../text-parts.js';
import { countAt, usageOf } from '../token-counts.js';

export const THINKING_FORMAT = 'ollama';

/** Reads the lines of one answer. Tool calls come whole, without ids and without numbers, so they are counted here. */
export class OllamaReader {
  #calls = 0;
  #thinking = '';

  /** What it has thought: models that call tools while they think go on from there. */
  get state(): ProviderState | undefined {
    return this.#thinking === '' ? undefined : { format: THINKING_FORMAT, content: this.#thinking };
  }

  read(chunk: JsonObject): AnswerPiece {
    const message = objectAt(chunk, 'message');
    const { text, reasoning } = saidIn(ownValue(message, 'content') ?? ownValue(chunk, 'response'));
    const thinking = textAt(message, 'thinking');
    this.#thinking += thinking;
    return {
      text,
      reasoning: reasoning + thinking,
      toolCalls: listAt(message, 'tool_calls')
        .filter(isJsonObject)
        .map((call) => this.#readCall(objectAt(call, 'function'))),
      ...(ownValue(chunk, 'done') === true ? endOf(chunk) : {}),
    };
  }

  #readCall(called: JsonObject): ToolCallPiece {
    const index = this.#calls;
    this.#calls += 1;
    const given = ownValue(called, 'arguments') ?? {};
    const text = typeof given === 'string' ? given : JSON.stringify(given);
    return { index, id: '', name: textAt(called, 'name'), arguments: text };
  }
}

function endOf(chunk: JsonObject): AnswerPiece {
  const usage = usageOf({ input: countAt(chunk, 'prompt_eval_count'), output: countAt(chunk, 'eval_count') });
  const reason = ownValue(chunk, 'done_reason') ?? '';
  return {
    // Older servers give no reason: `done` is their word for a good end.
    ...stopOf(reason === '' ? 'stop' : reason),
    ended: true,
    ...(usage === undefined ? {} : { usage }),
  };
}
