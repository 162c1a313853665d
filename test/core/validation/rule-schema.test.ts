import { describe, expect, it } from 'vitest';

import { RULE_LIMITS } from '../../../src/core/definitions/definition-limits.js';
import { parseRule } from '../../../src/core/validation/rule-schema.js';

const LEAF = { type: 'FieldExists', field: 'data.a' };

function nots(depth: number): unknown {
  let rule: unknown = LEAF;
  for (let level = 1; level < depth; level += 1) rule = { type: 'Not', rule };
  return rule;
}

function problems(input: unknown): readonly string[] {
  const parsed = parseRule(input, '/rules/r');
  return 'problems' in parsed ? parsed.problems.map(({ code, pointer }) => `${code} ${pointer}`) : [];
}

describe('parseRule', () => {
  it('reads every type of rule, and takes null notes for absent ones', () => {
    const rule = {
      type: 'And',
      rules: [
        { ...LEAF, id: null, description: null, value: null },
        { type: 'FieldEquals', field: 'data.a', value: { b: [1] } },
        { type: 'FieldContains', field: 'metadata.tags', value: 'x' },
        { type: 'FieldGreaterThan', field: 'data.n', value: 7 },
        { type: 'FieldLessThan', field: 'data.t', value: '2026-01-01' },
        { type: 'Or', rules: [{ type: 'Not', rule: LEAF }] },
      ],
    };
    const [first, ...rest] = rule.rules;
    expect(first).toBeDefined();
    expect(parseRule(rule, '')).toEqual({ value: { type: 'And', rules: [LEAF, ...rest] } });
  });

  it('keeps null as a value to compare with', () => {
    const rule = { type: 'FieldEquals', field: 'data.a', value: null };
    expect(parseRule(rule, '')).toEqual({ value: rule });
  });

  it.each([
    ['no rule', 'has_content', ''],
    ['an unknown type', { type: 'Matches', field: 'data.a', value: '.*' }, '/type'],
    ['a field outside data and metadata', { ...LEAF, field: 'token.id' }, '/field'],
    ['a path through a prototype', { ...LEAF, field: 'data.constructor.name' }, '/field'],
    ['an order of things that have none', { type: 'FieldLessThan', field: 'data.a', value: [1] }, '/value'],
    ['a missing value', { type: 'FieldEquals', field: 'data.a' }, '/value'],
    ['a list of nothing, which would hold always or never', { type: 'Or', rules: [] }, '/rules'],
    [
      'a fault deep inside',
      { type: 'Not', rule: { type: 'And', rules: [LEAF, { ...LEAF, field: '' }] } },
      '/rule/rules/1/field',
    ],
    ['an unknown member', { ...LEAF, feild: 'data.b' }, '/feild'],
  ])('refuses %s, with its place', (_name, rule, pointer) => {
    expect(problems(rule)).toContain(`RULE_INVALID /rules/r${pointer}`);
  });

  it('limits nesting before anything recurses', () => {
    expect(problems(nots(RULE_LIMITS.depth))).toEqual([]);
    expect(problems(nots(RULE_LIMITS.depth + 1))).toEqual(['RULE_INVALID /rules/r']);
    expect(problems(nots(100_000))).toEqual(['RULE_INVALID /rules/r']);
  });

  it('limits the number of parts, also when they are spread over small lists', () => {
    const wide = {
      type: 'And',
      rules: Array.from({ length: 30 }, () => ({ type: 'Or', rules: Array(30).fill(LEAF) })),
    };
    expect(problems(wide)).toEqual(['RULE_INVALID /rules/r']);
  });
});
