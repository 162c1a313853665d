import type { ContentBlockParam } from '@anthropic-ai/sdk/resources/messages';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../core/json/json.js';
import { isJsonArray, listAt, numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';

export const THINKING_FORMAT = 'anthropic-messages';

/** Keeps the blocks of a model's thinking as they come, to be sent back unchanged. */
export class ThinkingBlocks {
  readonly #blocks = new Map<number, JsonObject>();

  read(event: JsonObject): void {
    switch (textAt(event, 'type')) {
      case 'content_block_start':
        this.#begin(numberAt(event, 'index') ?? this.#blocks.size, objectAt(event, 'content_block'));
        return;
      case 'content_block_delta':
        this.#add(numberAt(event, 'index') ?? this.#blocks.size - 1, objectAt(event, 'delta'));
        return;
      case 'message':
        for (const [index, block] of listAt(event, 'content').entries()) {
          if (isJsonObject(block)) this.#begin(index, block);
        }
    }
  }

  get state(): ProviderState | undefined {
    const content = [...this.#blocks].sort(([left], [right]) => left - right).map(([, block]) => block);
    return content.length === 0 ? undefined : { format: THINKING_FORMAT, content };
  }

  #begin(index: number, block: JsonObject): void {
    if (isThought(block)) this.#blocks.set(index, block);
  }

  #add(index: number, delta: JsonObject): void {
    const block = this.#blocks.get(index);
    if (block === undefined) return;
    const thinking = textAt(block, 'thinking') + textAt(delta, 'thinking');
    const signature = textAt(block, 'signature') + textAt(delta, 'signature');
    if (textAt(block, 'type') === 'thinking') this.#blocks.set(index, { ...block, thinking, signature });
  }
}

/** The same blocks, in a request. */
export function thinkingIn(state: JsonValue | undefined): ContentBlockParam[] {
  const blocks = isJsonArray(state) ? state.filter(isJsonObject) : [];
  return blocks.flatMap((block): ContentBlockParam[] => {
    const [thinking, signature, data] = [textAt(block, 'thinking'), textAt(block, 'signature'), textAt(block, 'data')];
    if (textAt(block, 'type') === 'redacted_thinking') return [{ type: 'redacted_thinking', data }];
    return signature === '' ? [] : [{ type: 'thinking', thinking, signature }];
  });
}

function isThought(block: JsonObject): boolean {
  return ['thinking', 'redacted_thinking'].includes(textAt(block, 'type'));
}
