import { z } from 'zod';

import { isJsonObject, type JsonObject, type JsonValue } from '../json/json.js';

/** Building blocks of the input schemas. GraphQL sends null for what is absent, so null members count as absent. */

/** An object of exactly these members. */
export function shape<Members extends z.core.$ZodLooseShape>(members: Members) {
  return z.preprocess(withoutNulls, z.strictObject(members, 'must be an object'));
}

export function text(maxLength: number) {
  return z
    .string({ error: ({ input }) => (input === undefined ? 'is missing' : 'must be a text') })
    .min(1, 'must not be empty')
    .max(maxLength, `must have at most ${maxLength} characters`);
}

/** A list that is too long is refused before its items are looked at: each of them may be wrong. */
export function listOf<Item extends z.ZodType>(item: Item, maxItems: number) {
  return z
    .array(z.unknown(), 'must be a list')
    .max(maxItems, `must have at most ${maxItems} entries`)
    .pipe(z.array(item));
}

export function textsByName({ entries, length }: { entries: number; length: number }) {
  return z
    .custom<Readonly<Record<string, unknown>>>(isJsonObject, 'must be an object whose values are texts')
    .refine((map) => Object.keys(map).length <= entries, `must have at most ${entries} entries`)
    .refine((map) => Object.keys(map).every((key) => key.length <= length), `names have at most ${length} characters`)
    .pipe(z.record(z.string(), text(length)));
}

export const jsonObject = z.custom<JsonObject>(isJsonObject, 'must be an object');

/** Accepts what `checkInput` has let through. */
export const anyJson = z.custom<JsonValue>((value) => value !== undefined, 'is missing');

/** The object without its null members; anything else as it is. */
export function withoutNulls(input: unknown): unknown {
  return isJsonObject(input) ? Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null)) : input;
}
