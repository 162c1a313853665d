import type { ResponseReasoningItem } from 'openai/resources/responses/responses';
import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import { isJsonArray, listAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';

export const REASONING_FORMAT = 'openai-responses';

/** Keeps the items of a model's reasoning as they come, to be sent back unchanged. Only encrypted ones can be. */
export class ReasoningItems {
  readonly #items = new Map<string, JsonObject>();

  read(event: JsonObject): void {
    const response = ownValue(event, 'object') === 'response' ? event : objectAt(event, 'response');
    const item = textAt(event, 'type') === 'response.output_item.done' ? [objectAt(event, 'item')] : [];
    for (const one of [...item, ...listAt(response, 'output').filter(isJsonObject)]) this.#keep(one);
  }

  get state(): ProviderState | undefined {
    const content = [...this.#items.values()];
    return content.length === 0 ? undefined : { format: REASONING_FORMAT, content };
  }

  #keep(item: JsonObject): void {
    if (textAt(item, 'type') === 'reasoning' && textAt(item, 'encrypted_content') !== '')
      this.#items.set(textAt(item, 'id'), item);
  }
}

/** The same items, in a request. */
export function reasoningIn(state: JsonValue | undefined): ResponseReasoningItem[] {
  const items = isJsonArray(state) ? state.filter(isJsonObject) : [];
  return items.map((item) => ({
    type: 'reasoning',
    id: textAt(item, 'id'),
    summary: listAt(item, 'summary')
      .filter(isJsonObject)
      .map((part) => ({ type: 'summary_text', text: textAt(part, 'text') })),
    encrypted_content: textAt(item, 'encrypted_content'),
  }));
}
