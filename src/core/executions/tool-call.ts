import type { Message } from './conversation.js';
import type { ProviderState } from './provider-state.js';
import type { ToolCall } from './turn.js';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/json.js';
import { boundedJson } from '../json/bounded-json.js';
import { utf8Length } from '../json/utf8-length.js';
import { leadingPart } from '../json/well-formed-text.js';

/** What a tool may answer, in bytes of UTF-8: the model reads it, in every turn that follows. */
export const MAX_TOOL_RESULT_BYTES = 64 * 1024;
/** What a viewer is shown of arguments and of a result, in UTF-16 code units. */
const MAX_SHOWN = 4096;

/**
 * What came of a call of a tool. `failed` and `unknown` are told to the model in words that say what to do; after `unknown`
 * nobody knows whether the tool has had its effect.
 */
export type ToolOutcome = (
  | { readonly type: 'answered'; readonly result: JsonValue }
  | { readonly type: 'failed' | 'unknown'; readonly message: string }
) & {
  /** What the call was made with, where a person changed what the model wanted. */
  readonly changedArguments?: JsonObject;
};

/** Where a call stands: its place in its turn counts from 0. */
export interface ToolCallPlace {
  readonly executionId: string;
  readonly turn: number;
  readonly index: number;
}

/** The same for every attempt at one call, and for no other call. */
export function idempotencyKeyOf({ executionId, turn, index }: ToolCallPlace): string {
  return `${executionId}:${turn}:${index}`;
}

/** The calls of a turn with ids that no other call of the conversation has: models invent some twice, and leave some out. */
export function withOwnIds(calls: readonly ToolCall[], taken: ReadonlySet<string>): readonly ToolCall[] {
  const used = new Set(taken);
  // Thousands of calls may have one id: none is counted from the front again.
  const numbers = new Map<string, number>();
  return calls.map((call) => {
    const wanted = call.id === '' ? 'call' : call.id;
    let number = numbers.get(call.id) ?? 1;
    let id = call.id === '' ? `${wanted}_${number}` : wanted;
    while (used.has(id)) id = `${wanted}_${(number += 1)}`;
    numbers.set(call.id, number);
    used.add(id);
    return { ...call, id };
  });
}

/** A result of any kind that a tool may give, as an outcome: what cannot be told to the model is a failure. */
export function outcomeOf(result: unknown): ToolOutcome {
  if (result === undefined) return { type: 'answered', result: null };
  const written = boundedJson(result, MAX_TOOL_RESULT_BYTES);
  if (written === undefined) {
    return failed('The tool answered something that is no JSON. Go on without it, or try another tool.');
  }
  const { text } = written;
  if (text !== undefined && utf8Length(typeof result === 'string' ? result : text) <= MAX_TOOL_RESULT_BYTES) {
    return { type: 'answered', result: JSON.parse(text) as JsonValue };
  }
  return failed(
    `The tool answered more than ${MAX_TOOL_RESULT_BYTES} bytes, which is what a result may have. Ask it for less.`,
  );
}

export function failed(message: string): ToolOutcome {
  return { type: 'failed', message };
}

/** What the model is told: it would take what came of other arguments for what comes of its own. */
export function toldToModel(outcome: ToolOutcome): string {
  const { changedArguments } = outcome;
  if (changedArguments === undefined) return resultText(outcome);
  return `A person changed the arguments of the call to ${JSON.stringify(changedArguments)}. What came of it: ${resultText(outcome)}`;
}

function resultText(outcome: ToolOutcome): string {
  if (outcome.type !== 'answered') return `Error: ${outcome.message}`;
  return typeof outcome.result === 'string' ? outcome.result : JSON.stringify(outcome.result);
}

/** What viewers of the stream are shown: the result as it is, or its beginning, which says that it was cut. */
export function shownToViewers(outcome: ToolOutcome): JsonValue {
  if (outcome.type !== 'answered') return { error: outcome.message };
  return cutForViewers(outcome.result);
}

/** A value as it is, or the beginning of it as text, which says that it was cut. */
export function cutForViewers(value: JsonValue): JsonValue {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= MAX_SHOWN) return value;
  return { cut: leadingPart(text, MAX_SHOWN), length: text.length };
}

interface AskingTurn {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly providerState?: ProviderState;
}

/** What a turn that called tools leaves in the conversation: what the model said, and a result for each call, in their order. */
export function toolMessages(
  { text, toolCalls, providerState }: AskingTurn,
  outcomes: readonly ToolOutcome[],
  mark: Required<Pick<Message, 'timestamp' | 'executionId' | 'turn'>>,
): readonly Message[] {
  const asked: Message = {
    role: 'assistant',
    content: text,
    toolCalls: toolCalls.map(({ id, name, arguments: given }) => ({ id, name, arguments: given })),
    ...(providerState === undefined ? {} : { providerState }),
    ...mark,
  };
  const results = toolCalls.flatMap(({ id }, index): readonly Message[] => {
    const outcome = outcomes[index];
    return outcome === undefined ? [] : [{ role: 'tool', content: toldToModel(outcome), toolCallId: id, ...mark }];
  });
  return [asked, ...results];
}

/** The ids of all calls in messages. */
export function callIdsIn(messages: readonly Pick<Message, 'toolCalls'>[]): ReadonlySet<string> {
  const ids = messages.flatMap(({ toolCalls }) =>
    Array.isArray(toolCalls) ? toolCalls.flatMap((call: JsonValue) => (isJsonObject(call) ? [call['id']] : [])) : [],
  );
  return new Set(ids.filter((id) => typeof id === 'string'));
}
