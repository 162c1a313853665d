import type { ResponseReasoningItem } from 'openai/resources/responses/responses';
import { isJsonObject, ownValue, type JsonObject } from '../../../core/json/json.js';
import { listAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';
import { saidIn } from '../text-parts.js';
import { TurnNotes } from '../turn-parts.js';

export const REASONING_FORMAT = 'openai-responses';

type NotedItems = Map<string, (notes: TurnNotes) => void>;

/**
 * Keeps the items of a model's reasoning as they come, and where they stood, to be sent back unchanged. Only encrypted ones can
 * be, and the API wants each of them in front of what it led to.
 */
export class ReasoningItems {
  /** How each item is noted, by its id: some servers say one twice. */
  #items: NotedItems = new Map();

  read(event: JsonObject): void {
    if (textAt(event, 'type') === 'response.output_item.done') note(this.#items, objectAt(event, 'item'));
    const response = ownValue(event, 'object') === 'response' ? event : objectAt(event, 'response');
    // The list at the end has them all; some servers leave it empty, and others have nothing but it.
    const listed: NotedItems = new Map();
    for (const item of listAt(response, 'output').filter(isJsonObject)) note(listed, item);
    if (listed.size >= this.#items.size) this.#items = listed;
  }

  get state(): ProviderState | undefined {
    const notes = new TurnNotes();
    for (const put of this.#items.values()) put(notes);
    return notes.state(REASONING_FORMAT);
  }
}

function note(items: NotedItems, item: JsonObject): void {
  const id = textAt(item, 'id') || String(items.size);
  switch (textAt(item, 'type')) {
    case 'reasoning':
      if (textAt(item, 'encrypted_content') === '') return;
      items.set(id, (notes) => notes.keep(item));
      return;
    case 'message': {
      const { text } = saidIn(ownValue(item, 'content'));
      const phase = textAt(item, 'phase');
      items.set(id, (notes) => {
        notes.say(text, phase === '' ? {} : { phase });
      });
      return;
    }
    case 'function_call':
      items.set(id, (notes) => {
        notes.call();
      });
  }
}

/** The same item, in a request. */
export function reasoningIn(item: JsonObject): ResponseReasoningItem {
  const summary = listAt(item, 'summary').filter(isJsonObject);
  return {
    type: 'reasoning',
    id: textAt(item, 'id'),
    summary: summary.map((part) => ({ type: 'summary_text', text: textAt(part, 'text') })),
    encrypted_content: textAt(item, 'encrypted_content'),
  };
}
