import { checkInput } from './check-json.js';
import { isJsonObject, ownValue, type JsonObject, type JsonValue } from './json.js';
import { jsonPointer } from './json-pointer.js';
import type { Parsed } from './parsed.js';
import type { Problem } from './problem.js';

/**
 * Reads a message that anybody may have sent, without a schema library: workflows read messages, too. Gives the value that
 * `read` makes of the fields, or all that is wrong with them. Fields that nobody asks for are ignored. Where nothing is wrong
 * but numbers that have lost digits, there is a draft.
 */
export function readMessage<Value>(message: unknown, read: (fields: MessageFields) => Value): Parsed<Value> {
  if (!isJsonObject(message)) return { problems: [invalid('', 'must be an object')] };
  const problems = checkInput(message);
  if (problems.some(({ code }) => code !== 'NUMBER_INEXACT')) return { problems };
  const fields = new MessageFields(message);
  const value = read(fields);
  if (fields.problems.length > 0) return { problems: [...problems, ...fields.problems] };
  return problems.length === 0 ? { value } : { problems, draft: value };
}

/** The fields of one message. A field that is null counts as absent; one that is wrong is told and reads as absent. */
export class MessageFields {
  readonly problems: Problem[] = [];
  readonly #message: JsonObject;

  constructor(message: JsonObject) {
    this.#message = message;
  }

  text(name: string, maxLength: number): string | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length > 0 && value.length <= maxLength) return value;
    this.#wrong(name, `must be a text of 1 to ${maxLength} characters`);
    return undefined;
  }

  wholeNumber(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    this.#wrong(name, 'must be a whole number');
    return undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === 'boolean') return value;
    this.#wrong(name, 'must be true or false');
    return undefined;
  }

  object(name: string): JsonObject | undefined {
    const value = this.#value(name);
    if (value === undefined || isJsonObject(value)) return value;
    this.#wrong(name, 'must be an object');
    return undefined;
  }

  /** Tells what is wrong with a field; the empty name is the message itself. */
  refuse(name: string, message: string): void {
    this.problems.push(invalid(name === '' ? '' : jsonPointer([name]), message));
  }

  /** Whether the field was given, right or wrong. */
  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  #value(name: string): JsonValue | undefined {
    return ownValue(this.#message, name) ?? undefined;
  }

  #wrong(name: string, message: string): void {
    this.refuse(name, `${name} ${message}`);
  }
}

/** The object without the members that are undefined: absent is absent. */
export function present<Members extends object>(members: Members): Present<Members> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<Members>;
}

type Present<Members> = { readonly [Name in keyof Members]?: Exclude<Members[Name], undefined> };

function invalid(pointer: string, message: string): Problem {
  return { code: 'INVALID_VALUE', pointer, message };
}
