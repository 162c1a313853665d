import fc from 'fast-check';

import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/json/json.js';

const KEYS = ['a', 'b', 'tag', 'constructor', 'größe'] as const;
const key = fc.constantFrom(...KEYS);

const DIALECTS = [
  'https://json-schema.org/draft/2020-12/schema',
  'https://json-schema.org/draft/2019-09/schema',
  'http://json-schema.org/draft-07/schema#',
  'http://json-schema.org/draft-04/schema#',
  'https://example.org/a-dialect-of-its-own',
] as const;

const REFERENCES = [
  '#',
  '#/$defs/a',
  '#/$defs/b',
  '#/definitions/a',
  '#/properties/a',
  '#/nowhere',
  '#anchor',
  'https://example.org/elsewhere.json',
  '#/%',
  '',
] as const;

const PATTERNS = ['^a+$', String.raw`\p{L}+`, '[', '(?<=a)b', 'a{99999}', ''] as const;
/** On some texts these take for ever. */
const ENDLESS_PATTERNS = [String.raw`^(\w+\s?)*$`, '^(a+)+$', '(.*)*x', String.raw`^(?:[a-z]+)*\d$`] as const;

const FORMATS = [
  'date',
  'date-time',
  'email',
  'uri',
  'uuid',
  'regex',
  'json-pointer',
  'ipv6',
  'duration',
  'hostname',
  'no-such',
];

const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'ab',
    `${'a'.repeat(40)}!`,
    'quarterlyreport'.repeat(4) + '!',
    'a'.repeat(20_000),
    '2026-02-30',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

const anyValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: fc.constantFrom<JsonValue>(null, true, false, 0, -1, 0.1, 1e300, 3) },
    { weight: 3, arbitrary: text },
    { weight: 3, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 4, arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }) },
    {
      weight: 1,
      arbitrary: fc.nat({ max: 3000 }).map((size) => Array.from({ length: size }, (_, n) => ({ a: n, b: [n % 7] }))),
    },
  ),
})).value;

const number = fc.constantFrom(0, 1, -1, 2, 0.1, 1e-300, 1e300, 4_294_967_296);

/** Parts of a schema, right and wrong ones. */
const partWith = (patterns: readonly string[]): fc.Arbitrary<JsonValue> =>
  fc.letrec<{ schema: JsonValue }>((tie) => {
    const schema = tie('schema');
    const schemas = fc.array(schema, { maxLength: 3 });
    const named = fc.dictionary(key, schema, { maxKeys: 3, noNullPrototype: true });
    const keywords: readonly fc.Arbitrary<JsonObject>[] = [
      fc
        .constantFrom('object', 'array', 'string', 'number', 'integer', 'boolean', 'null', 'objekt')
        .map((type) => ({ type })),
      fc.record({
        type: fc.constant('object'),
        properties: named,
        additionalProperties: fc.oneof(fc.boolean(), schema),
      }),
      fc.record({ type: fc.constant('object'), properties: named, required: fc.array(key, { maxLength: 3 }) }),
      fc.record({ type: fc.constant('array'), items: schema, uniqueItems: fc.boolean() }),
      fc.record({ prefixItems: schemas, items: schema, contains: schema }),
      fc.record({ items: schemas, additionalItems: schema }),
      fc.constantFrom(...REFERENCES).map(($ref) => ({ $ref })),
      fc.constantFrom(...REFERENCES).map(($dynamicRef) => ({ $dynamicRef })),
      fc.constant({ $recursiveRef: '#' }),
      fc.tuple(fc.constantFrom('allOf', 'anyOf', 'oneOf'), schemas).map(([of, each]) => ({ [of]: each })),
      fc.record({ not: schema }),
      fc.record({ if: schema, then: schema, else: schema }),
      fc.array(anyValue, { maxLength: 4 }).map((values) => ({ enum: values })),
      fc.nat({ max: 5000 }).map((size) => ({ enum: Array.from({ length: size }, (_, n) => `value ${n}`) })),
      anyValue.map((value) => ({ const: value })),
      fc.constantFrom(...patterns).map((pattern) => ({ type: 'string', pattern })),
      fc.tuple(fc.constantFrom(...patterns), schema).map(([pattern, of]) => ({ patternProperties: { [pattern]: of } })),
      fc.record({ propertyNames: schema }),
      fc.constantFrom(...FORMATS).map((format) => ({ type: 'string', format })),
      fc.record({ multipleOf: number }),
      fc.record({ minimum: number, exclusiveMaximum: number }),
      fc.record({ minLength: number, maxLength: number }),
      fc.record({ minItems: number, maxItems: number, maxContains: number }),
      fc.record({ unevaluatedProperties: schema, unevaluatedItems: schema }),
      fc.record({ dependentSchemas: named, dependentRequired: fc.constant({ a: ['b'] }) }),
      fc.constant({ $async: true }),
      fc.record({
        $id: fc.constantFrom('https://example.org/a', '#anchor', '%'),
        $anchor: fc.constantFrom('anchor', '1'),
      }),
      fc.dictionary(fc.constantFrom('x-order', 'nullable', 'discriminator', 'example', '$comment'), anyValue),
    ];
    const both = fc.tuple(fc.oneof(...keywords), fc.oneof(...keywords)).map(([one, other]) => ({ ...one, ...other }));
    return {
      schema: fc.oneof(
        { maxDepth: 4, depthSize: 'small' },
        { weight: 1, arbitrary: fc.boolean() },
        { weight: 5, arbitrary: fc.oneof(...keywords) },
        { weight: 5, arbitrary: both },
        { weight: 1, arbitrary: anyValue },
      ),
    };
  }).schema;

/** Each of so many properties refers to all of them: more work than bytes. */
function ladder(size: number): JsonObject {
  const names = Array.from({ length: size }, (_, n) => `p${n}`);
  const all = Object.fromEntries(names.map((name) => [name, { $ref: `#/properties/${name}` }]));
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, { properties: all }])) };
}

function wholeSchema(part: fc.Arbitrary<JsonValue>, ladders: readonly number[]): fc.Arbitrary<JsonObject> {
  const usual = fc.record({ body: part, a: part, b: part }).map(({ body, a, b }): JsonObject => ({
    ...(isJsonObject(body) ? body : { allOf: [body] }),
    $defs: { a, b },
    definitions: { a },
  }));
  return fc
    .tuple(
      fc.oneof({ weight: 12, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...ladders).map(ladder) }),
      fc.option(fc.constantFrom(...DIALECTS)),
    )
    .map(([schema, $schema]) => ($schema === null ? schema : { ...schema, $schema }));
}

/** A schema as somebody may send it, whose patterns end. */
export const anyTameSchema = wholeSchema(partWith(PATTERNS), [1, 3, 12]);

/** One that may take for ever. */
export const anyOutputSchema = wholeSchema(partWith([...PATTERNS, ...ENDLESS_PATTERNS]), [12, 200]);

/** What a model may say: JSON, mostly, alone or within words. */
export const anyAnswer: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: anyValue.map((value) => JSON.stringify(value)) },
  {
    weight: 2,
    arbitrary: anyValue.map((value) => `Here it is:\n\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\`\n`),
  },
  { weight: 1, arbitrary: anyValue.map((value) => JSON.stringify(value).slice(0, -1)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.constantFrom('[', '{"a":', '`').map((sign) => sign.repeat(20_000)) },
);
