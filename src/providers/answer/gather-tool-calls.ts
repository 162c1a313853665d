import type { JsonValue } from '../../core/json/json.js';
import { nestsDeeper } from '../../core/json/nesting.js';
import { ModelError } from '../../core/executions/model-error.js';
import type { ToolCall } from '../../core/executions/turn.js';
import type { ToolCallPiece } from '../wire-format.js';
import type { ToolNames } from '../request/tool-names.js';

interface OpenCall {
  id: string;
  name: string;
  arguments: string;
}

/** Arguments are no text that goes out, so nobody else bounds them. */
const LARGEST_ARGUMENTS = 1024 * 1024;
const MOST_CALLS = 128;
const DEEPEST_ARGUMENTS = 64;

/** Puts the pieces of a turn's tool calls together. */
export class ToolCallGatherer {
  readonly #calls = new Map<number, OpenCall>();
  #size = 0;
  #last = 0;

  add(piece: ToolCallPiece): void {
    const index = piece.index ?? this.#indexOf(piece);
    this.#last = index;
    const call = this.#calls.get(index) ?? { id: '', name: '', arguments: '' };
    this.#calls.set(index, call);
    call.id ||= piece.id;
    call.name ||= piece.name;
    if (piece.whole !== true) call.arguments += piece.arguments;
    else if (piece.arguments !== '') call.arguments = piece.arguments;
    this.#size += piece.arguments.length;
    if (this.#size > LARGEST_ARGUMENTS || this.#calls.size > MOST_CALLS) {
      const limit = `${MOST_CALLS} tool calls or 1 MiB of arguments`;
      throw new ModelError('answer_too_large', `The model asked for more than ${limit} in one turn.`);
    }
  }

  /**
   * The calls in the order of their indexes. What names no tool and brings nothing is none: servers send it beside the
   * text of an answer. Arguments that are no JSON, or nest without end, stay the text that the model wrote: they fail
   * the tool's own check, and the model is told. `turn` makes the ids that a server left out unique in a conversation.
   */
  finish(names: ToolNames, turn: number): readonly ToolCall[] {
    return [...this.#calls]
      .filter(([, call]) => call.name !== '' || !isEmpty(call.arguments))
      .sort(([left], [right]) => left - right)
      .map(([, call], position) => ({
        id: call.id === '' ? `call_${turn}_${position}` : call.id,
        name: names.fromWire(call.name),
        arguments: parseArguments(call.arguments),
      }));
  }

  /** Servers that number nothing send whole calls, each with an id of its own. */
  #indexOf(piece: ToolCallPiece): number {
    const last = this.#calls.get(this.#last);
    if (last === undefined) return 0;
    const another = piece.id === '' ? piece.name !== '' && last.name !== '' : piece.id !== last.id;
    return another ? this.#last + 1 : this.#last;
  }
}

function isEmpty(args: string): boolean {
  return ['', '{}', 'null'].includes(args.trim());
}

function parseArguments(text: string): JsonValue {
  if (text.trim() === '') return {};
  if (nestsDeeper(text, DEEPEST_ARGUMENTS)) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
