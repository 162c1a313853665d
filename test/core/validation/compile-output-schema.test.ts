import { describe, expect, it, vi } from 'vitest';

import type { JsonObject, JsonValue } from '../../../src/core/json/json.js';
import { compileOutputSchema } from '../../../src/core/validation/compile-output-schema.js';

function object(properties: JsonObject, more: JsonObject = {}): JsonObject {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false, ...more };
}

function faults(schema: JsonObject): readonly string[] {
  const compiled = compileOutputSchema(schema);
  return 'problems' in compiled ? compiled.problems.map(({ code, pointer }) => `${code} ${pointer}`.trim()) : [];
}

function fits(schema: JsonObject, value: JsonValue): boolean {
  const compiled = compileOutputSchema(schema);
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  return compiled.schema.problemsOf(value, 'first').length === 0;
}

const SCORE = object({ score: { type: 'number' } });

describe('an output schema', () => {
  it.each([
    ['https://json-schema.org/draft/2020-12/schema'],
    ['https://json-schema.org/draft/2019-09/schema'],
    ['http://json-schema.org/draft-07/schema#'],
    ['http://json-schema.org/draft-06/schema#'],
    ['http://json-schema.org/draft-04/schema#'],
    ['http://json-schema.org/draft-07/schema'],
  ])('may be in the dialect %s', ($schema) => {
    expect(fits({ ...SCORE, $schema }, { score: 1 })).toBe(true);
    expect(fits({ ...SCORE, $schema }, { score: 'one' })).toBe(false);
  });

  it.each<[string, JsonObject, JsonValue, JsonValue]>([
    ['definitions', object({ a: { $ref: '#/$defs/S' } }, { $defs: { S: { type: 'number' } } }), { a: 1 }, { a: 'x' }],
    ['tuples of 2020-12', { prefixItems: [{ type: 'string' }, { type: 'number' }], items: false }, ['a', 1], [1, 'a']],
    ['tuples of draft-07, undeclared', { items: [{ type: 'string' }], additionalItems: false }, ['a'], ['a', 1]],
    [
      'tuples of draft-07',
      { $schema: 'http://json-schema.org/draft-07/schema#', items: [{ type: 'string' }] },
      ['a'],
      [1],
    ],
    [
      'bounds of draft-04',
      { $schema: 'http://json-schema.org/draft-04/schema#', minimum: 1, exclusiveMinimum: true },
      2,
      1,
    ],
    ['OpenAPI’s nullable', object({ note: { type: 'string', nullable: true } }), { note: null }, { note: 1 }],
    ['an id', object({ a: { type: 'number' } }, { $id: 'https://example.org/a.json' }), { a: 1 }, { a: 'x' }],
    ['words of others', object({ a: { type: 'number', examples: [1] } }, { 'x-order': 1 }), { a: 1 }, { a: 'x' }],
    ['closed parts', { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false }, { a: 1 }, { b: 1 }],
    [
      'a list without doubles',
      { uniqueItems: true },
      [{ a: 1, b: 2 }, { a: 1 }],
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
    ],
    ['itself, in parts', object({ next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } }), { next: null }, { next: 1 }],
    ['a date', { type: 'string', format: 'date' }, '2026-11-28', '2026-02-30'],
    ['a moment', { type: 'string', format: 'date-time' }, '2026-11-28T10:00:00Z', 'yesterday'],
    ['an address for mail', { type: 'string', format: 'email' }, 'a@b.example', 'a@'],
    ['an address in the web', { type: 'string', format: 'uri' }, 'https://a.example/b', 'a b'],
    ['a uuid', { type: 'string', format: 'uuid' }, '00000000-0000-4000-8000-000000000000', '1'],
  ])('may have %s', (_, schema, good, bad) => {
    expect([fits(schema, good), fits(schema, bad)]).toEqual([true, false]);
  });

  it('may have a format that is not known, and nobody is told', () => {
    const write = vi.spyOn(process.stderr, 'write');
    const log = vi.spyOn(console, 'warn');
    expect(fits({ type: 'string', format: 'a\nline of a log' }, 'x')).toBe(true);
    expect(write).not.toHaveBeenCalled();
    expect(log).not.toHaveBeenCalled();
  });

  it.each<[string, JsonObject, readonly string[]]>([
    ['a type that is none', object({ a: { type: 'objekt' } }), ['OUTPUT_SCHEMA_INVALID /properties/a/type']],
    ['a reference that leads nowhere', { $ref: 'https://example.com/schema.json' }, ['OUTPUT_SCHEMA_INVALID']],
    ['a pattern that is none', { type: 'string', pattern: '(' }, ['OUTPUT_SCHEMA_INVALID']],
    ['a promise, which would count as valid', { $async: true }, ['OUTPUT_SCHEMA_INVALID /$async']],
    ['a dialect that is not known', { $schema: 'https://example.com/mine' }, ['OUTPUT_SCHEMA_INVALID /$schema']],
    ['itself as itself', { $ref: '#' }, ['OUTPUT_SCHEMA_INVALID']],
    ['itself as one choice of it', { anyOf: [{ type: 'null' }, { $ref: '#' }] }, ['OUTPUT_SCHEMA_INVALID']],
    [
      'properties that are each other',
      object({ a: { $ref: '#/properties/b' }, b: { $ref: '#/properties/a' } }),
      ['OUTPUT_SCHEMA_INVALID'],
    ],
  ])('may not have %s', (_, schema, problems) => {
    expect(faults(schema)).toEqual(problems);
  });

  it('forgets what the one before it was called', () => {
    const named = (type: string) => object({ a: { type } }, { $id: 'https://example.org/same.json' });
    expect(fits(named('number'), { a: 1 })).toBe(true);
    expect(fits(named('string'), { a: 1 })).toBe(false);
  });

  it('judges a long list without doubles in time that grows with its length', () => {
    // What compares each with each would take longer than a test has.
    const items = Array.from({ length: 100_000 }, (_, n) => ({ n }));
    expect(fits({ uniqueItems: true }, items)).toBe(true);
  });
});
