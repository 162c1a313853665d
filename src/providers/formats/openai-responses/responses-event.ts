import { isJsonObject, ownValue, type JsonObject } from '../../../core/json/json.js';
import type { ProviderState } from '../../../core/executions/provider-state.js';
import { ModelError } from '../../../core/executions/model-error.js';
import { readErrorDetails } from '../../failures/error-details.js';
import type { ToolCallPiece, AnswerPiece } from '../../wire-format.js';
import { listAt, numberAt, objectAt, textAt } from '../../../core/json/json-fields.js';
import { SaidParts, type TextPlace } from '../said-parts.js';
import { ReasoningItems } from './reasoning-items.js';
import { stopOf } from '../stop-words.js';
import { saidIn } from '../text-parts.js';
import { countAt, usageOf } from '../token-counts.js';

/**
 * Reads the events of one Response, or all of it in one. Each text comes in pieces, then whole at the end of its part, of its
 * item, and of the response; servers that copy the API leave out some of these, or say an item twice.
 */
export class ResponsesReader {
  readonly #texts = new SaidParts();
  readonly #thoughts = new SaidParts();
  #response: string | undefined;
  #hasSpoken = false;
  readonly #reasoning = new ReasoningItems();

  /** What it has reasoned, encrypted: nothing else is kept of it, here or at the provider. */
  get state(): ProviderState | undefined {
    return this.#reasoning.state;
  }

  read(event: JsonObject): AnswerPiece {
    const type = textAt(event, 'type');
    this.#reasoning.read(event);
    switch (type) {
      case 'response.output_text.delta':
        return this.#spoken({ text: this.#texts.add(placeOf(event), saidIn(ownValue(event, 'delta')).text) });
      case 'response.output_text.done':
        return this.#spoken({ text: this.#texts.whole(placeOf(event), textAt(event, 'text')) });
      case 'response.content_part.done':
        return this.#spoken(this.#readPart(placeOf(event), objectAt(event, 'part')));
      case 'response.reasoning_summary_text.delta':
      case 'response.reasoning_text.delta':
        return { reasoning: this.#thoughts.add(thoughtPlaceOf(event), textAt(event, 'delta')) };
      case 'response.refusal.delta':
        return { refusal: textAt(event, 'delta') };
      case 'response.output_item.added':
      case 'response.output_item.done':
        return this.#spoken(this.#readItem(event, type));
      case 'response.function_call_arguments.delta':
        return { toolCalls: [pieceOf(event, { arguments: textAt(event, 'delta') })] };
      case 'response.function_call_arguments.done':
        return { toolCalls: [pieceOf(event, { arguments: textAt(event, 'arguments'), whole: true })] };
      case 'error':
        return { error: readErrorDetails(event) };
      default:
        return this.#readResponse(type, ownValue(event, 'object') === 'response' ? event : objectAt(event, 'response'));
    }
  }

  /** An event that carries the response itself, or the response of a server that does not stream. */
  #readResponse(type: string, response: JsonObject): AnswerPiece {
    const status = textAt(response, 'status') || type.replace(/^response\./, '');
    switch (status) {
      case 'completed':
        return { ...this.#rest(response), ...usageIn(response), ...stopOf('completed'), ended: true };
      case 'incomplete': {
        const reason = textAt(objectAt(response, 'incomplete_details'), 'reason') || 'incomplete';
        return { ...this.#rest(response), ...usageIn(response), ...stopOf(reason), ended: true };
      }
      case 'failed':
      case 'cancelled':
        return failureOf(response, status);
      default:
        if (type === 'response.created') this.#begin(textAt(response, 'id'));
        return {};
    }
  }

  /** A gateway that fails over begins the response anew: what it has said so far belongs to another one. */
  #begin(id: string): void {
    if (this.#hasSpoken && this.#response !== undefined && id !== this.#response) {
      throw new ModelError('incomplete_stream', 'The provider began its answer anew in the middle of it.');
    }
    this.#response = id;
  }

  /** What the response has in its items and has not been said yet. */
  #rest(response: JsonObject): AnswerPiece {
    const items = uniqueItems(listAt(response, 'output').filter(isJsonObject));
    const said = items
      .filter((item) => textAt(item, 'type') === 'message')
      .map((item) => saidIn(ownValue(item, 'content')));
    const calls = items
      .map((item, index) => callIn({ output_index: index, item }))
      .flatMap(({ toolCalls = [] }) => toolCalls);
    return {
      text: this.#texts.all(said.map(({ text }) => text)),
      refusal: this.#hasSpoken ? '' : said.map(({ refusal }) => refusal).join(''),
      toolCalls: this.#hasSpoken ? [] : calls,
    };
  }

  /** A tool call is announced when its item begins; its arguments follow in pieces, and again whole. */
  #readItem(event: JsonObject, type: string): AnswerPiece {
    const item = objectAt(event, 'item');
    const isDone = type === 'response.output_item.done';
    if (textAt(item, 'type') !== 'message') return callIn(event);
    if (!isDone) return {};
    const output = numberAt(event, 'output_index');
    const id = textAt(item, 'id');
    const parts = listAt(item, 'content').filter(isJsonObject);
    const texts = parts.map((part, content) => this.#readPart({ item: id, output, content }, part).text ?? '');
    return { text: texts.join('') };
  }

  #readPart(place: TextPlace, part: JsonObject): AnswerPiece {
    return { text: this.#texts.whole(place, saidIn(part).text) };
  }

  #spoken(piece: AnswerPiece): AnswerPiece {
    this.#hasSpoken ||= (piece.text ?? '') !== '' || (piece.toolCalls ?? []).length > 0;
    return piece;
  }
}

function placeOf(event: JsonObject): TextPlace {
  const item = textAt(event, 'item_id');
  return {
    ...(item === '' ? {} : { item }),
    output: numberAt(event, 'output_index'),
    content: numberAt(event, 'content_index'),
  };
}

function thoughtPlaceOf(event: JsonObject): TextPlace {
  return { ...placeOf(event), content: numberAt(event, 'summary_index') ?? numberAt(event, 'content_index') };
}

function uniqueItems(items: readonly JsonObject[]): readonly JsonObject[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const id = textAt(item, 'id');
    const isNew = id === '' || !seen.has(id);
    seen.add(id);
    return isNew;
  });
}

function callIn(event: JsonObject): AnswerPiece {
  const item = objectAt(event, 'item');
  if (textAt(item, 'type') !== 'function_call') return {};
  const called = { id: textAt(item, 'call_id'), name: textAt(item, 'name'), arguments: textAt(item, 'arguments') };
  return { toolCalls: [pieceOf(event, { ...called, whole: true })] };
}

function pieceOf(event: JsonObject, fields: Partial<ToolCallPiece>): ToolCallPiece {
  const index = numberAt(event, 'output_index');
  return { id: '', name: '', arguments: '', ...(index === undefined ? {} : { index }), ...fields };
}

function failureOf(response: JsonObject, status: string): AnswerPiece {
  const error = ownValue(response, 'error');
  return { ...usageIn(response), ...(isJsonObject(error) ? { error: readErrorDetails(response) } : stopOf(status)) };
}

function usageIn(response: JsonObject): Pick<AnswerPiece, 'usage'> {
  const counted = objectAt(response, 'usage');
  const prompt = objectAt(counted, 'input_tokens_details');
  const usage = usageOf({
    input: countAt(counted, 'input_tokens'),
    output: countAt(counted, 'output_tokens'),
    total: countAt(counted, 'total_tokens'),
    cached: countAt(prompt, 'cached_tokens'),
    written: countAt(prompt, 'cache_write_tokens'),
    reasoning: countAt(objectAt(counted, 'output_tokens_details'), 'reasoning_tokens'),
  });
  return usage === undefined ? {} : { usage };
}
