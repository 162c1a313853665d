import { isJsonArray } from '../../../core/json/json-fields.js';
import { isJsonObject, ownValue, type JsonObject, type JsonValue } from '../../../core/json/json.js';

/** The members that come in pieces: what is encrypted comes whole. */
const GROWING = ['text', 'summary'] as const;

/**
 * Puts the `reasoning_details` of OpenRouter together, which has to get them back in the order and the words in which they came, with
 * the signatures of whatever model is behind it. In a stream one of them comes in pieces, of which often only the last is signed.
 */
export class ReasoningDetails {
  /** Undefined: none have come. */
  #details: JsonObject[] | undefined;

  get all(): JsonValue | undefined {
    return this.#details?.map((detail) => ({ ...detail }));
  }

  /** Those of a piece of the message. */
  add(given: JsonValue | undefined): void {
    if (!isJsonArray(given)) return;
    this.#details ??= [];
    for (const piece of given.filter(isJsonObject)) {
      const last = this.#details.at(-1);
      if (last !== undefined && goesOn(last, piece)) this.#details[this.#details.length - 1] = joined(last, piece);
      else this.#details.push(piece);
    }
  }

  /** Those of all of the message, perhaps behind its pieces. */
  whole(given: JsonValue | undefined): void {
    if (isJsonArray(given)) this.#details = given.filter(isJsonObject);
  }
}

function goesOn(last: JsonObject, piece: JsonObject): boolean {
  const isSigned = typeof ownValue(last, 'signature') === 'string' && ownValue(last, 'signature') !== '';
  const isSame = ['type', 'index', 'id'].every((name) => agree(ownValue(last, name), ownValue(piece, name)));
  const grows = GROWING.some((name) => typeof ownValue(piece, name) === 'string');
  const endsIt = typeof ownValue(piece, 'signature') === 'string';
  // What is signed is whole: more words are a detail of their own.
  return isSame && (grows || endsIt) && ownValue(piece, 'data') === undefined && !(isSigned && grows);
}

/** A piece need not repeat what the one before it said. */
function agree(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  return left === right || left == null || right == null;
}

function joined(last: JsonObject, piece: JsonObject): JsonObject {
  const said = Object.fromEntries(Object.entries(piece).filter(([, value]) => value !== null));
  const grown = GROWING.flatMap((name) => {
    const [before, more] = [ownValue(last, name), ownValue(piece, name)];
    return typeof before === 'string' && typeof more === 'string' ? [[name, before + more] as const] : [];
  });
  return { ...last, ...said, ...Object.fromEntries(grown) };
}
