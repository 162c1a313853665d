import { getNamedType, isInputObjectType, isLeafType, isListType, isNonNullType, isScalarType } from 'graphql';
import type { GraphQLInputType, GraphQLSchema } from 'graphql';

import type { JsonObject, JsonValue } from '../../src/core/json/json.js';

/** A place within a message at which a text, or a number, can come in. */
export interface Door {
  readonly pointer: string;
  /** The message with something else at this place. */
  put(message: JsonObject, value: JsonValue): JsonObject;
}

type Step = string | number;

/** Every text in a message, and a name of a member in every object within it. */
export function textDoors(message: JsonObject): readonly Door[] {
  return [...doorsTo(message, (value) => typeof value === 'string'), ...nameDoors(message)];
}

export function numberDoors(message: JsonObject): readonly Door[] {
  return doorsTo(message, (value) => typeof value === 'number');
}

function doorsTo(message: JsonObject, isDoor: (value: JsonValue) => boolean): readonly Door[] {
  return placesIn(message)
    .filter(({ value }) => isDoor(value))
    .map(({ path }) => ({
      pointer: `/${path.join('/')}`,
      put: (into, value) => replaced(into, path, value) as JsonObject,
    }));
}

/** A member more, in every object within the message. */
function nameDoors(message: JsonObject): readonly Door[] {
  return placesIn(message)
    .filter(({ path, value }) => path.length > 0 && isObject(value))
    .map(({ path }) => ({
      pointer: `/${path.join('/')} by a member's name`,
      put: (into, name) => {
        const there = path.reduce<JsonValue>((at, step) => (at as JsonObject)[step] ?? null, into);
        return replaced(into, path, {
          ...(there as JsonObject),
          [typeof name === 'string' ? name : '']: 'x',
        }) as JsonObject;
      },
    }));
}

function placesIn(
  value: JsonValue,
  path: readonly Step[] = [],
): readonly { path: readonly Step[]; value: JsonValue }[] {
  const members: [Step, JsonValue][] = Array.isArray(value)
    ? [...value.entries()]
    : isObject(value)
      ? Object.entries(value)
      : [];
  return [{ path, value }, ...members.flatMap(([step, member]) => placesIn(member, [...path, step]))];
}

function replaced(value: JsonValue, [step, ...rest]: readonly Step[], by: JsonValue): JsonValue {
  if (step === undefined) return by;
  if (typeof step === 'number') {
    const items: JsonValue[] = Array.isArray(value) ? [...(value as readonly JsonValue[])] : [];
    items[step] = replaced(items[step] ?? null, rest, by);
    return items;
  }
  const members = isObject(value) ? value : {};
  return { ...members, [step]: replaced(members[step] ?? null, rest, by) };
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The mutation as a document that takes all its arguments as variables. */
export function mutationDocument(schema: GraphQLSchema, name: string): string {
  const { args, type } = mutationOf(schema, name);
  const fields = isLeafType(getNamedType(type)) ? '' : '{ __typename }';
  const variables = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  return `mutation (${variables}) { ${name}(${given}) ${fields} }`;
}

/** Where an example of a mutation's arguments says nothing, though the schema takes something there. */
export function unsaidIn(schema: GraphQLSchema, name: string, example: JsonObject): readonly string[] {
  return mutationOf(schema, name).args.flatMap((arg) => unsaid(arg.type, example[arg.name], `/${arg.name}`));
}

export function mutationNames(schema: GraphQLSchema): readonly string[] {
  return Object.keys(schema.getMutationType()?.getFields() ?? {});
}

function mutationOf(schema: GraphQLSchema, name: string) {
  const field = schema.getMutationType()?.getFields()[name];
  if (field === undefined) throw new Error(`there is no mutation ${name}`);
  return field;
}

function unsaid(type: GraphQLInputType, value: JsonValue | undefined, pointer: string): readonly string[] {
  if (isNonNullType(type)) return unsaid(type.ofType, value, pointer);
  if (value === undefined || value === null) return [pointer];
  if (isListType(type)) {
    const first = Array.isArray(value) ? (value as readonly JsonValue[])[0] : undefined;
    return unsaid(type.ofType, first, `${pointer}/0`);
  }
  const named = getNamedType(type);
  if (isScalarType(named) && ['JSON', 'StringMap', 'Rule', 'JSONSchema'].includes(named.name)) {
    return textDoors({ value }).length > 1 ? [] : [`${pointer}, which should have a text in it`];
  }
  if (!isInputObjectType(named) || !isObject(value)) return [];
  return Object.values(named.getFields()).flatMap((field) =>
    unsaid(field.type, value[field.name], `${pointer}/${field.name}`),
  );
}
