import { isJsonArray, numberAt, objectAt } from '../../core/json/json-fields.js';
import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../core/json/json.js';
import type { ProviderState } from '../../core/executions/provider-state.js';
import type { ToolCall } from '../../core/executions/turn.js';
import { stateOf, toolCallsOf, type PromptParts } from '../request/prompt-parts.js';

/**
 * A part of a turn that called tools: a block that goes back as it came, a text, or a call, each with the fields that its
 * provider wants back beside it.
 */
export type TurnPart =
  | { readonly type: 'kept'; readonly block: JsonObject }
  | { readonly type: 'text'; readonly text: string; readonly fields: JsonObject }
  | { readonly type: 'call'; readonly call: ToolCall; readonly fields: JsonObject };

/** A part as it is stored: of texts and calls, which lie in the message, only where they stand. */
type Note =
  | { readonly kept: JsonObject }
  | { readonly said: number; readonly fields: JsonObject }
  | { readonly calls: 1; readonly fields: JsonObject };

const NO_FIELDS: JsonObject = {};

/** Notes in which order a model thinks, speaks and calls: APIs take what was thought only where it was. */
export class TurnNotes {
  readonly #notes: Note[] = [];

  /** Gives the place of the block, by which it can be replaced. */
  keep(block: JsonObject): number {
    return this.#notes.push({ kept: block }) - 1;
  }

  replace(place: number, change: (block: JsonObject) => JsonObject): void {
    const note = this.#notes[place];
    if (note !== undefined && 'kept' in note) this.#notes[place] = { kept: change(note.kept) };
  }

  say(text: string, fields = NO_FIELDS): void {
    if (text === '') return;
    const last = this.#notes.at(-1);
    // Fields belong to the text that they came with: it is one of its own.
    const goesOn = last !== undefined && 'said' in last && isEmpty(fields) && isEmpty(last.fields);
    if (goesOn) this.#notes[this.#notes.length - 1] = { said: last.said + text.length, fields };
    else this.#notes.push({ said: text.length, fields });
  }

  call(fields = NO_FIELDS): void {
    this.#notes.push({ calls: 1, fields });
  }

  /** Nothing where no more is to go back than the message has. */
  state(format: string): ProviderState | undefined {
    const isNeeded = this.#notes.some((note) => 'kept' in note || !isEmpty(note.fields));
    return isNeeded ? { format, content: this.#notes.map((note) => ({ ...note })) } : undefined;
  }
}

/**
 * The parts of an assistant's message in the order in which they came. Where that is not known, or the message is not what was
 * noted, what was thought comes first, then the text, then the calls.
 */
export function partsOfTurn(message: PromptParts['messages'][number], format: string): readonly TurnPart[] {
  const notes = readNotes(stateOf(message, format));
  const calls = toolCallsOf(message);
  const { content } = message;
  const said = notes.reduce((sum, note) => sum + ('said' in note ? note.said : 0), 0);
  const called = notes.filter((note) => 'calls' in note);
  const hasCalls = called.length === calls.length;
  if (hasCalls && said === content.length) return inOrder(notes, content, calls);
  return [
    ...notes.flatMap((note): TurnPart[] => ('kept' in note ? [{ type: 'kept', block: note.kept }] : [])),
    ...(content === '' ? [] : [{ type: 'text' as const, text: content, fields: NO_FIELDS }]),
    ...calls.map((call, index) => {
      const fields = hasCalls ? (called[index]?.fields ?? NO_FIELDS) : NO_FIELDS;
      return { type: 'call' as const, call, fields };
    }),
  ];
}

function inOrder(notes: readonly Note[], content: string, calls: readonly ToolCall[]): readonly TurnPart[] {
  let at = 0;
  let index = 0;
  return notes.flatMap((note): TurnPart[] => {
    if ('kept' in note) return [{ type: 'kept', block: note.kept }];
    if ('said' in note) return [{ type: 'text', text: content.slice(at, (at += note.said)), fields: note.fields }];
    const call = calls[index++];
    return call === undefined ? [] : [{ type: 'call', call, fields: note.fields }];
  });
}

function readNotes(state: JsonValue | undefined): readonly Note[] {
  const stored = isJsonArray(state) ? state.filter(isJsonObject) : [];
  return stored.flatMap((note): Note[] => {
    const kept = ownValue(note, 'kept');
    const said = numberAt(note, 'said');
    const fields = objectAt(note, 'fields');
    if (isJsonObject(kept)) return [{ kept }];
    if (said !== undefined) return [{ said, fields }];
    return ownValue(note, 'calls') === 1 ? [{ calls: 1, fields }] : [];
  });
}

function isEmpty(fields: JsonObject): boolean {
  return Object.keys(fields).length === 0;
}
