import { isJsonObject, jsonEquals, ownValue, type JsonObject, type JsonValue } from '../json/json.js';

/** A member that is other than before. Absent: it is not there. */
export interface MemberChange {
  /** As people say it: `transitions[publish].toPlace`. */
  readonly at: string;
  readonly before?: JsonValue;
  readonly after?: JsonValue;
}

/**
 * What is other in a definition than before, member by member. Items that have ids are compared by them; where only their order is
 * another, the ids are told. Other lists are told whole.
 */
export function changesOf(before: JsonObject, after: JsonObject): readonly MemberChange[] {
  return [...membersOf(before, after, '')];
}

function* membersOf(before: JsonObject, after: JsonObject, at: string): Iterable<MemberChange> {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const path = at === '' ? name : `${at}.${name}`;
    yield* valueOf(ownValue(before, name), ownValue(after, name), path);
  }
}

function* valueOf(before: JsonValue | undefined, after: JsonValue | undefined, at: string): Iterable<MemberChange> {
  if (before === undefined || after === undefined) {
    if (before !== after) yield change(at, before, after);
    return;
  }
  if (jsonEquals(before, after)) return;
  if (isJsonObject(before) && isJsonObject(after)) {
    yield* membersOf(before, after, at);
    return;
  }
  const [was, is] = [byId(before), byId(after)];
  if (was === undefined || is === undefined) {
    yield change(at, before, after);
    return;
  }
  for (const id of new Set([...was.keys(), ...is.keys()])) yield* valueOf(was.get(id), is.get(id), `${at}[${id}]`);
  const staying = [...was.keys()].filter((id) => is.has(id));
  const ordered = [...is.keys()].filter((id) => was.has(id));
  if (!jsonEquals(staying, ordered)) yield change(`${at}, their order`, staying, ordered);
}

function change(at: string, before: JsonValue | undefined, after: JsonValue | undefined): MemberChange {
  return { at, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** The items of a list by their ids; undefined where it is no list, or some item has none of its own. */
function byId(value: JsonValue): ReadonlyMap<string, JsonObject> | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = new Map<string, JsonObject>();
  for (const item of value as readonly JsonValue[]) {
    const id = isJsonObject(item) ? item['id'] : undefined;
    if (!isJsonObject(item) || typeof id !== 'string' || items.has(id)) return undefined;
    items.set(id, item);
  }
  return items;
}
