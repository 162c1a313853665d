import type { ErrorObject, ValidateFunction } from 'ajv';

import { wordsOf } from '../errors.js';
import { ownValue, type JsonObject, type JsonValue } from '../json/json.js';
import type { Misfit, Problem } from '../json/problem.js';
import { leadingPart } from '../json/well-formed-text.js';
import { dialectsOf, KNOWN_DIALECTS, newCompiler } from './json-schema-dialects.js';

/** A JSON Schema, ready to judge values. */
export interface CompiledSchema {
  /** What does not fit: the first thing, or several. Empty for a value that fits. Throws for a schema that never ends. */
  problemsOf(value: JsonValue, most: 'first' | 'several'): readonly Misfit[];
}

type Compiled = { readonly schema: CompiledSchema } | { readonly problems: readonly Problem[] };

const MAX_PROBLEMS = 5;
const MAX_TEXT = 300;
/** Of every kind that JSON has: a schema that goes round in a circle does so for one of them. */
const SAMPLES: readonly JsonValue[] = [{}, [], '', 0, true, null];

/** Compiles a schema in its dialect. Problems have pointers into it. May take long, and memory: see SchemaThreads. */
export function compileOutputSchema(schema: JsonObject): Compiled {
  // An asynchronous schema answers with a promise, which would count as "valid".
  if (Object.hasOwn(schema, '$async')) return invalid('$async schemas are not supported', '/$async');
  const dialects = dialectsOf(schema);
  const [likeliest] = dialects;
  if (likeliest === undefined) return invalid(`must be the URI of ${KNOWN_DIALECTS}`, '/$schema');
  const { $schema: _, ...body } = schema;
  const dialect = dialects.find((one) => metaProblems(one, body).length === 0);
  return dialect === undefined ? { problems: metaProblems(likeliest, body) } : compileIn(dialect, body);
}

type Dialect = ReturnType<typeof dialectsOf>[number];

function compileIn(dialect: Dialect, body: JsonObject): Compiled {
  try {
    const validate = newCompiler(dialect).compile<JsonValue>(body);
    for (const sample of SAMPLES) validate(sample);
    return { schema: compiledSchema(validate, () => newCompiler(dialect, { allErrors: true }).compile(body)) };
  } catch (error) {
    if (error instanceof RangeError) return invalid('refers to itself without end', '');
    return invalid(wordsOf(error), '');
  }
}

/** What judges schemas themselves, one for each dialect; made once, since that takes a while. */
const judges = new Map<Dialect, ReturnType<typeof newCompiler>>();

function metaProblems(dialect: Dialect, body: JsonObject): readonly Problem[] {
  const judge = judges.get(dialect) ?? newCompiler(dialect);
  judges.set(dialect, judge);
  if (judge.validateSchema(body) === true) return [];
  // One fault is told in several ways, the most telling first.
  const byPlace = new Map<string, ErrorObject>();
  for (const error of judge.errors ?? []) {
    if (!byPlace.has(error.instancePath)) byPlace.set(error.instancePath, error);
  }
  return [...byPlace.values()].slice(0, MAX_PROBLEMS).map(({ instancePath, message = 'is not valid' }) => ({
    code: 'OUTPUT_SCHEMA_INVALID',
    pointer: leadingPart(instancePath, MAX_TEXT),
    message,
  }));
}

function compiledSchema(validate: ValidateFunction, compileForAll: () => ValidateFunction): CompiledSchema {
  // Looking for all that is wrong costs more, and is needed only where something is.
  let validateAll: ValidateFunction | undefined;
  return {
    problemsOf: (value, most) => {
      if (validate(value)) return [];
      const several = most === 'several' ? (validateAll ??= compileForAll()) : validate;
      several(value);
      return (several.errors ?? []).slice(0, MAX_PROBLEMS).map(misfitOf);
    },
  };
}

function misfitOf({ instancePath, message, params }: ErrorObject): Misfit {
  const allowed = ownValue(params as JsonObject, 'allowedValues');
  const choice = allowed === undefined ? '' : ` ${JSON.stringify(allowed)}`;
  const words = leadingPart(`${message ?? 'is not valid'}${choice}`, MAX_TEXT);
  return { pointer: leadingPart(instancePath, MAX_TEXT), message: words };
}

function invalid(message: string, pointer: string): Compiled {
  return { problems: [{ code: 'OUTPUT_SCHEMA_INVALID', pointer, message: leadingPart(message, MAX_TEXT) }] };
}
