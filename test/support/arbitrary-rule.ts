import fc from 'fast-check';

import type { JsonValue } from '../../src/core/json/json.js';
import type { TokenFields } from '../../src/core/json/path.js';
import type { Rule } from '../../src/core/rules/rule.js';

/** Few names, so that rules meet what tokens have; some of them are names that every object of JavaScript has. */
const KEYS = ['a', 'b', 'list', 'wide', 'text', 'constructor', 'toString', 'length'] as const;
const key = fc.constantFrom(...KEYS);

const scalar: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    false,
    0,
    -0,
    1.5,
    2 ** 53,
    6.02e23,
    -1e308,
    '',
    'a',
    '1e999',
    '9007199254740993',
  ),
  fc.integer(),
  fc.string({ unit: 'binary', maxLength: 20 }),
);

/** What is large in one way each: some thousands of items, keys, letters; and what is as deep as a token may be. */
const large: fc.Arbitrary<JsonValue> = fc
  .record({ kind: fc.nat({ max: 6 }), size: fc.nat({ max: 2000 }) })
  .map(largeValue);

function largeValue({ kind, size }: { readonly kind: number; readonly size: number }): JsonValue {
  const numbers = Array.from({ length: size }, (_, n) => n);
  switch (kind) {
    case 0:
      return numbers;
    case 1:
      return Object.fromEntries(numbers.map((n) => [`k${n}`, n]));
    case 2:
      return 'ab'.repeat(size * 4);
    case 3:
      return `${'a'.repeat(size * 4)}b`;
    case 4:
      return '\u{1F642}'.repeat(size);
    case 5:
      return numbers.map((n) => ({ a: n, b: 'x' }));
    default:
      return Array.from({ length: 40 }).reduce<JsonValue>(
        (inner, _, n) => (n % 2 === 0 ? [inner] : { a: inner }),
        size,
      );
  }
}

export const anyJsonValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: scalar },
    { weight: 2, arbitrary: large },
    { weight: 2, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 3, arbitrary: fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }) },
  ),
})).value;

const object = fc.dictionary(key, anyJsonValue, { maxKeys: 5, noNullPrototype: true });

/** One value may stand in several places of a token. */
export const anyTokenFields: fc.Arbitrary<TokenFields> = fc
  .record({ data: object, metadata: object, shared: fc.oneof(large, anyJsonValue), twice: fc.boolean() })
  .map(({ data, metadata, shared, twice }) => ({
    data: twice ? { ...data, list: shared, wide: shared, text: 'ab'.repeat(9000) } : data,
    metadata,
  }));

const root = fc.constantFrom('data', 'metadata');
const step = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'b', 'list', 'wide', 'text', 'length', '0', '1') },
  { weight: 1, arbitrary: key },
);
const path = fc.tuple(root, fc.array(step, { maxLength: 3 })).map(([from, steps]) => [from, ...steps].join('.'));
/** In an expression a step is a name. */
const field = fc.tuple(root, fc.array(key, { maxLength: 2 })).map(([from, steps]) => [from, ...steps].join('.'));

const OPERATORS = ['==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'in', '&&', '||'] as const;
const MACROS = ['all', 'exists', 'exists_one', 'filter', 'map'] as const;
const METHODS = ['contains', 'startsWith', 'endsWith'] as const;
const FUNCTIONS = ['size', 'string', 'int', 'double'] as const;
const ALONE = ['lowerAscii', 'upperAscii', 'trim', 'size'] as const;

/** About what is large, or stands in two places, see `anyTokenFields`. */
const ABOUT_LARGE = [
  '(data.list == data.wide)',
  '(data.list != data.wide)',
  '(data.wide in [1, data.list])',
  'data.list.all(x, data.list.exists(y, x == y))',
  'data.list.exists(x, data.wide.exists(y, size(data.list) == 0))',
  'data.text.contains(data.text + "b")',
] as const;

/** What is asked of each item of a list. */
const BODIES = [
  'x == OTHER',
  'x.a > OTHER',
  'OTHER != x',
  'x in OTHER',
  'OTHER',
  'size(x) < 3',
  'x',
  'x.exists(y, OTHER == y)',
] as const;

const literal = fc.oneof(
  fc.constantFrom('true', 'false', 'null', '0', '1.0', '2.5', '6.02e23', '"a"', '""', '[]'),
  fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)),
);

/** Mostly right CEL: all that the language has, in each other. */
const anyPart: fc.Arbitrary<string> = fc.letrec<{ part: string }>((tie) => {
  const part = tie('part');
  return {
    part: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      { weight: 2, arbitrary: literal },
      { weight: 6, arbitrary: field },
      {
        weight: 4,
        arbitrary: fc.tuple(part, fc.constantFrom(...OPERATORS), part).map((each) => `(${each.join(' ')})`),
      },
      { weight: 3, arbitrary: fc.constantFrom(...ABOUT_LARGE) },
      { weight: 1, arbitrary: part.map((inner) => `!${inner}`) },
      { weight: 1, arbitrary: part.map((inner) => `-${inner}`) },
      { weight: 1, arbitrary: field.map((whole) => `has(${whole}.a)`) },
      { weight: 1, arbitrary: fc.tuple(part, part).map(([whole, index]) => `${whole}[${index}]`) },
      { weight: 1, arbitrary: fc.tuple(part, part, part).map(([a, b, c]) => `(${a} ? ${b} : ${c})`) },
      { weight: 1, arbitrary: fc.array(part, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`) },
      { weight: 1, arbitrary: fc.tuple(key, part).map(([name, value]) => `{"${name}": ${value}}`) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...FUNCTIONS), part).map(([name, of]) => `${name}(${of})`) },
      { weight: 1, arbitrary: fc.tuple(part, fc.constantFrom(...ALONE)).map(([of, name]) => `${of}.${name}()`) },
      {
        weight: 1,
        arbitrary: fc.tuple(part, fc.constantFrom(...METHODS), part).map(([of, name, by]) => `${of}.${name}(${by})`),
      },
      {
        weight: 4,
        arbitrary: fc
          .tuple(
            fc.oneof({ weight: 5, arbitrary: field }, part),
            fc.constantFrom(...MACROS),
            fc.constantFrom(...BODIES),
            part,
          )
          .map(([over, macro, body, other]) => `${over}.${macro}(x, ${body.replaceAll('OTHER', () => other)})`),
      },
    ),
  };
}).part;

/** Mostly one that is true or false. */
const anyExpression = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(anyPart, fc.constantFrom('==', '!=', 'in'), anyPart).map((each) => each.join(' ')) },
  { weight: 2, arbitrary: anyPart.map((asked) => `data.list.exists(x, ${asked} == x)`) },
  { weight: 1, arbitrary: anyPart },
  { weight: 1, arbitrary: fc.string({ maxLength: 30 }) },
);

const leaf: fc.Arbitrary<Rule> = fc.oneof(
  fc.record({ type: fc.constant('FieldExists' as const), field: path }),
  fc.record({
    type: fc.constantFrom('FieldEquals', 'FieldContains'),
    field: path,
    value: anyJsonValue,
  }),
  fc.record({
    type: fc.constantFrom('FieldGreaterThan', 'FieldLessThan'),
    field: path,
    value: fc.oneof(
      { weight: 9, arbitrary: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string()) },
      { weight: 1, arbitrary: anyJsonValue },
    ),
  }),
  fc.record({ type: fc.constant('Expression' as const), expression: anyExpression }),
);

/** Not only rules that could be saved: tokens meet definitions of earlier days. */
export const anyRule: fc.Arbitrary<Rule> = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4 },
    { weight: 4, arbitrary: leaf },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constantFrom('And', 'Or'),
        rules: fc.array(tie('rule'), { maxLength: 5 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('Not' as const), rule: tie('rule') }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('And', 'Or'), leaf, fc.nat({ max: 499 }))
        .map(([type, one, count]) => ({ type, rules: Array.from({ length: count }, () => one) })),
    },
  ),
})).rule;
