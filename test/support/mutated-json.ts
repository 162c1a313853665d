import fc from 'fast-check';

import type { JsonValue } from '../../src/core/json/json.js';
import { anyJsonValue } from './arbitrary-rule.js';

/** What happens to one place of a value: places are counted from the top, modulo how many there are. */
interface Mutation {
  readonly place: number;
  readonly how: 'replace' | 'remove' | 'double' | 'wrap' | 'rename' | 'take another';
  readonly value: JsonValue;
  readonly key: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(),
  how: fc.constantFrom('replace', 'remove', 'double', 'wrap', 'rename', 'take another'),
  value: anyJsonValue,
  key: fc.oneof(
    fc.constantFrom('id', 'constructor', 'type', '', 'ключ', '~/'),
    fc.string({ unit: 'binary', maxLength: 5 }),
  ),
});

/** Almost what was right: with a few places replaced, left out, doubled, renamed or taken from elsewhere within it. */
export function mutated(right: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonValue> {
  return fc
    .tuple(right, fc.array(mutation, { maxLength: 4 }))
    .map(([value, mutations]) => mutations.reduce(withMutation, value));
}

function withMutation(whole: JsonValue, { place, how, value, key }: Mutation): JsonValue {
  const places = placesIn(whole);
  const at = places[place % places.length] ?? [];
  const own = valueAt(whole, at);
  switch (how) {
    case 'replace':
      return changed(whole, at, () => [value]);
    case 'remove':
      return changed(whole, at, () => []);
    case 'double':
      return changed(whole, at, () => [own, own]);
    case 'wrap':
      return changed(whole, at, () => [[own]]);
    case 'rename':
      return changed(whole, at, () => [{ [key]: own }]);
    case 'take another':
      return changed(whole, at, () => [valueAt(whole, places[(place * 7 + 3) % places.length] ?? [])]);
  }
}

type Way = readonly (string | number)[];

function placesIn(value: JsonValue, way: Way = []): readonly Way[] {
  return [way, ...membersOf(value).flatMap(([step, member]) => placesIn(member, [...way, step]))];
}

function membersOf(value: JsonValue): readonly (readonly [string | number, JsonValue])[] {
  if (typeof value !== 'object' || value === null) return [];
  const members: readonly (readonly [string | number, JsonValue])[] = Array.isArray(value)
    ? (value as readonly JsonValue[]).map((item, index) => [index, item])
    : Object.entries(value);
  return members.slice(0, 50);
}

function valueAt(value: JsonValue, way: Way): JsonValue {
  return way.reduce<JsonValue>((at, step) => membersOf(at).find(([known]) => known === step)?.[1] ?? null, value);
}

/** With what stands at a place changed to none, one or two; a member of an object takes the last of them. */
function changed(value: JsonValue, [step, ...rest]: Way, change: () => readonly JsonValue[]): JsonValue {
  if (step === undefined) return change().at(-1) ?? null;
  if (Array.isArray(value)) {
    const list = value as readonly JsonValue[];
    return list.flatMap((item, index) =>
      index !== step ? [item] : rest.length === 0 ? change() : [changed(item, rest, change)],
    );
  }
  return Object.fromEntries(
    Object.entries(value as object).flatMap(([key, member]: [string, JsonValue]) => {
      if (key !== step) return [[key, member]];
      const made = rest.length === 0 ? change() : [changed(member, rest, change)];
      return made.length === 0 ? [] : [[key, made.at(-1) ?? null]];
    }),
  );
}
