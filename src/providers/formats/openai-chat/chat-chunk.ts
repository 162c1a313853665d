import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import type { TokenUsage } from '../../../core/streams/stream-event.js';
import { errorIn } from '../../failures/error-details.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { listAt, numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';
import { KeptReasoning } from './kept-reasoning.js';
import { SaidParts } from '../said-parts.js';
import { stopOf } from '../stop-words.js';
import { saidIn } from '../text-parts.js';
import { countAt, objectOr, usageOf } from '../token-counts.js';

/**
 * Reads the chunks of one Chat Completion, or all of it in one. Reads only what is used and takes every field as perhaps
 * absent: compatible servers differ in all the others.
 */
export class ChatReader {
  readonly #said = new SaidParts();
  #hasReasoned = false;
  readonly #kept = new KeptReasoning();

  /** Its reasoning, and what came with its calls, where the server is one that wants them back. */
  get state(): ProviderState | undefined {
    return this.#kept.state;
  }

  read(chunk: JsonObject): AnswerPiece {
    const choice = firstChoice(chunk);
    const error = errorIn({ error: ownValue(choice, 'error') ?? null });
    const usage = readUsage(chunk, choice);
    const counted = usage === undefined ? {} : { usage };
    if (error !== undefined) return { ...counted, error };
    return { ...this.#readChoice(choice), ...counted, ...stopOf(ownValue(choice, 'finish_reason')) };
  }

  #readChoice(choice: JsonObject): AnswerPiece {
    const delta = objectAt(choice, 'delta');
    const { text, reasoning, refusal } = saidIn(ownValue(delta, 'content') ?? ownValue(choice, 'text'));
    const message = ownValue(choice, 'message');
    if (text === '' && isJsonObject(message)) return this.#readMessage(message);
    const thought = reasoning + reasoningIn(delta);
    this.#kept.add(delta);
    if (thought !== '') this.#hasReasoned = true;
    return {
      text: this.#said.add({}, text),
      reasoning: thought,
      refusal: refusal + textAt(delta, 'refusal'),
      toolCalls: listAt(delta, 'tool_calls').filter(isJsonObject).map(readToolCallPiece),
    };
  }

  /** The whole message: of a server that does not stream, or one that repeats it at the end. */
  #readMessage(message: JsonObject): AnswerPiece {
    const { text, reasoning, refusal } = saidIn(ownValue(message, 'content'));
    this.#kept.whole(message);
    const thought = this.#hasReasoned ? '' : reasoning + reasoningIn(message);
    return {
      text: this.#said.whole({}, text),
      reasoning: thought,
      refusal: refusal + textAt(message, 'refusal'),
      toolCalls: listAt(message, 'tool_calls')
        .filter(isJsonObject)
        .map((call, index) => ({ index, ...readToolCallPiece(call), whole: true })),
    };
  }
}

/** Only one choice is asked for; a server that gives more must not have them mixed. */
function firstChoice(chunk: JsonObject): JsonObject {
  return objectOr(
    listAt(chunk, 'choices').find((choice) => isJsonObject(choice) && (numberAt(choice, 'index') ?? 0) === 0),
  );
}

/** The first that says something: some servers say the same in two of them. */
const REASONING_MEMBERS = ['reasoning_content', 'reasoning', 'thinking', 'reasoning_details'];

function reasoningIn(delta: JsonObject): string {
  for (const name of REASONING_MEMBERS) {
    const { text, reasoning } = saidIn(ownValue(delta, name));
    if (text !== '' || reasoning !== '') return text + reasoning;
  }
  return '';
}

function readToolCallPiece(piece: JsonObject): ToolCallPiece {
  const called = objectAt(piece, 'function');
  const index = numberAt(piece, 'index');
  const given = ownValue(called, 'arguments');
  return {
    ...(index === undefined ? {} : { index }),
    id: textAt(piece, 'id'),
    name: textAt(called, 'name'),
    // Some servers send the arguments as the object that they are.
    arguments: isJsonObject(given) ? JSON.stringify(given) : textAt(called, 'arguments'),
  };
}

/** Moonshot counts within the choice, Groq in a field of its own. */
function readUsage(chunk: JsonObject, choice: JsonObject): TokenUsage | undefined {
  return (
    countsIn(ownValue(chunk, 'usage')) ??
    countsIn(ownValue(choice, 'usage')) ??
    countsIn(ownValue(objectAt(chunk, 'x_groq'), 'usage'))
  );
}

function countsIn(usage: JsonValue | undefined): TokenUsage | undefined {
  if (!isJsonObject(usage)) return undefined;
  const prompt = objectAt(usage, 'prompt_tokens_details');
  return usageOf({
    input: countAt(usage, 'prompt_tokens'),
    output: countAt(usage, 'completion_tokens'),
    total: countAt(usage, 'total_tokens'),
    // DeepSeek counts it by another name.
    cached: countAt(prompt, 'cached_tokens') ?? countAt(usage, 'prompt_cache_hit_tokens'),
    written: countAt(prompt, 'cache_write_tokens'),
    reasoning: countAt(objectAt(usage, 'completion_tokens_details'), 'reasoning_tokens'),
  });
}
