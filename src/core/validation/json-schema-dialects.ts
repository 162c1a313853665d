import { Ajv, type Options } from 'ajv';
import draft4 from 'ajv-draft-04';
import formats from 'ajv-formats';
import type core from 'ajv/dist/core.js';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { ownValue, type JsonObject } from '../json/json.js';
import { distinctItems } from './distinct-items.js';

type SchemaCompiler = Pick<core.default, 'compile' | 'validateSchema' | 'errors'>;

/** A version of JSON Schema, and who compiles it. */
interface Dialect {
  /** What `$schema` says, without scheme and fragment. */
  readonly uri: string;
  readonly create: (options: Options) => core.default;
}

const DRAFT_2020: Dialect = {
  uri: 'json-schema.org/draft/2020-12/schema',
  create: (options) => new Ajv2020(options),
};
const DRAFT_7: Dialect = { uri: 'json-schema.org/draft-07/schema', create: (options) => new Ajv(options) };
const DIALECTS: readonly Dialect[] = [
  DRAFT_2020,
  { uri: 'json-schema.org/draft/2019-09/schema', create: (options) => new Ajv2019(options) },
  DRAFT_7,
  // All that draft-06 has means the same in draft-07.
  { ...DRAFT_7, uri: 'json-schema.org/draft-06/schema' },
  { uri: 'json-schema.org/draft-04/schema', create: (options) => new draft4.default(options) },
];

/** The dialects that a schema may be meant in, likeliest first; none for a `$schema` that is not known. */
export function dialectsOf(schema: JsonObject): readonly Dialect[] {
  const stated = ownValue(schema, '$schema');
  // Schemas without one were once taken for draft-07, which has other tuples.
  if (stated === undefined) return [DRAFT_2020, DRAFT_7];
  if (typeof stated !== 'string') return [];
  const uri = stated.replace(/^https?:\/\//, '').replace(/#$/, '');
  return DIALECTS.filter((dialect) => dialect.uri === uri);
}

export const KNOWN_DIALECTS = 'draft 2020-12, 2019-09, draft-07, draft-06 or draft-04';

/** One that knows no other schema yet: names in one must not be found by the next. */
export function newCompiler({ create }: Dialect, options: Pick<Options, 'allErrors'> = {}): SchemaCompiler {
  const compiler = create({
    ...options,
    // What a keyword means that we do not know is for the model.
    strict: false,
    // A schema that is referred to is compiled once, and not anew wherever it is.
    inlineRefs: false,
    validateSchema: false,
    // Formats that are not known are no faults, and are told to nobody: a line for each would bypass the log's mask.
    logger: false,
  });
  formats.default(compiler);
  compiler.removeKeyword(distinctItems.keyword as string).addKeyword(distinctItems);
  return compiler;
}
