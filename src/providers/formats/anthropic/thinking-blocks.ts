import type { ContentBlockParam } from '@anthropic-ai/sdk/resources/messages';
import { isJsonObject, type JsonObject } from '../../../core/json/json.js';
import { listAt, numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';
import { TurnNotes } from '../turn-parts.js';

export const THINKING_FORMAT = 'anthropic-messages';

/** Keeps the blocks of a model's thinking as they come, and where they stood, to be sent back unchanged. */
export class ThinkingBlocks {
  readonly #notes = new TurnNotes();
  /** By the number of its block: where it is noted. */
  readonly #placeOf = new Map<number, number>();
  #last = -1;

  read(event: JsonObject): void {
    switch (textAt(event, 'type')) {
      case 'content_block_start':
        this.#begin(numberAt(event, 'index') ?? this.#last + 1, objectAt(event, 'content_block'));
        return;
      case 'content_block_delta':
        this.#add(numberAt(event, 'index') ?? this.#last, objectAt(event, 'delta'));
        return;
      case 'message':
        for (const [index, block] of listAt(event, 'content').entries()) {
          if (isJsonObject(block)) this.#begin(index, block);
        }
    }
  }

  get state(): ProviderState | undefined {
    return this.#notes.state(THINKING_FORMAT);
  }

  #begin(index: number, block: JsonObject): void {
    this.#last = index;
    switch (textAt(block, 'type')) {
      case 'thinking':
      case 'redacted_thinking':
        this.#placeOf.set(index, this.#notes.keep(block));
        return;
      case 'tool_use':
        this.#notes.call();
        return;
      default:
        this.#notes.say(textAt(block, 'text'));
    }
  }

  #add(index: number, delta: JsonObject): void {
    const place = this.#placeOf.get(index);
    if (place === undefined) {
      this.#notes.say(textAt(delta, 'text'));
      return;
    }
    this.#notes.replace(place, (block) => {
      if (textAt(block, 'type') !== 'thinking') return block;
      const thinking = textAt(block, 'thinking') + textAt(delta, 'thinking');
      return { ...block, thinking, signature: textAt(block, 'signature') + textAt(delta, 'signature') };
    });
  }
}

/** The same block, in a request. One without a signature is refused, so it stays away. */
export function thinkingIn(block: JsonObject): ContentBlockParam[] {
  const [thinking, signature, data] = [textAt(block, 'thinking'), textAt(block, 'signature'), textAt(block, 'data')];
  if (textAt(block, 'type') === 'redacted_thinking') return [{ type: 'redacted_thinking', data }];
  return signature === '' ? [] : [{ type: 'thinking', thinking, signature }];
}
