import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import { isJsonArray, listAt, numberAt, objectAt } from '../../../core/json/json-fields.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';
import { ReasoningDetails } from './reasoning-details.js';

export const KEPT_FORMAT = 'openai-chat';

/**
 * Keeps what some of the servers that copy Chat Completions refuse the results of tools without: DeepSeek and Moonshot the
 * model's `reasoning_content`, also an empty one, OpenRouter its `reasoning_details`, and Google the `extra_content` of each
 * call; the last two have signatures in them.
 */
export class KeptReasoning {
  #reasoning: string | undefined;
  readonly #details = new ReasoningDetails();
  readonly #extras = new Map<number, JsonValue>();

  /** A piece of the message. */
  add(delta: JsonObject): void {
    const piece = ownValue(delta, 'reasoning_content');
    if (typeof piece === 'string') this.#reasoning = (this.#reasoning ?? '') + piece;
    this.#details.add(ownValue(delta, 'reasoning_details'));
    this.#addExtras(delta);
  }

  /** All of the message, perhaps behind its pieces. */
  whole(message: JsonObject): void {
    const reasoning = ownValue(message, 'reasoning_content');
    if (typeof reasoning === 'string') this.#reasoning = reasoning;
    this.#details.whole(ownValue(message, 'reasoning_details'));
    this.#addExtras(message);
  }

  get state(): ProviderState | undefined {
    const details = this.#details.all;
    if (this.#reasoning === undefined && details === undefined && this.#extras.size === 0) return undefined;
    const reasoning: JsonObject = {
      ...(this.#reasoning === undefined ? {} : { reasoning_content: this.#reasoning }),
      ...(details === undefined ? {} : { reasoning_details: details }),
    };
    const extras = [...this.#extras].map(([index, extra_content]) => ({ index, extra_content }));
    return { format: KEPT_FORMAT, content: { ...reasoning, extras } };
  }

  #addExtras(message: JsonObject): void {
    for (const [place, call] of listAt(message, 'tool_calls').entries()) {
      const extra = isJsonObject(call) ? ownValue(call, 'extra_content') : undefined;
      if (isJsonObject(call) && isJsonObject(extra)) this.#extras.set(numberAt(call, 'index') ?? place, extra);
    }
  }
}

/** The same, in the message of a request. */
export function reasoningOf(state: JsonValue | undefined): JsonObject {
  if (!isJsonObject(state)) return {};
  const reasoning = ownValue(state, 'reasoning_content');
  const details = ownValue(state, 'reasoning_details');
  return {
    ...(typeof reasoning === 'string' ? { reasoning_content: reasoning } : {}),
    ...(isJsonArray(details) ? { reasoning_details: details } : {}),
  };
}

/** The same, in the call that it came with. */
export function extraOf(state: JsonValue | undefined, index: number): { readonly extra_content?: JsonObject } {
  const extras = isJsonObject(state) ? listAt(state, 'extras').filter(isJsonObject) : [];
  const extra = extras.find((one) => numberAt(one, 'index') === index);
  return extra === undefined ? {} : { extra_content: objectAt(extra, 'extra_content') };
}
