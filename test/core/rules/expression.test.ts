import { Environment } from '@marcbachmann/cel-js';
import { describe, expect, it } from 'vitest';

import { RULE_LIMITS } from '../../../src/core/definitions/definition-limits.js';
import { compileExpression } from '../../../src/core/validation/compile-expression.js';
import { evaluateExpression } from '../../../src/core/rules/evaluate-expression.js';
import { ExpressionFault } from '../../../src/core/rules/expression-functions.js';
import { BudgetExhausted, RuleBudget } from '../../../src/core/rules/rule-budget.js';

const fields = {
  data: {
    score: 7.5,
    count: 3,
    text: 'Hello wörld 👍',
    numeral: '12.5',
    empty: null,
    yes: true,
    tags: ['a', 'b'],
    items: [
      { price: 5, name: 'x' },
      { price: 15, name: 'y' },
    ],
    nested: { deep: { value: 1 } },
  },
  metadata: { type: 'memo' },
};

function run(text: string, steps?: number): boolean {
  const program = compileExpression(text);
  if (typeof program === 'string') throw new Error(program);
  return evaluateExpression(program, fields, new RuleBudget(steps));
}

function outcome(text: string): boolean | 'fault' {
  try {
    return run(text);
  } catch (error) {
    if (error instanceof ExpressionFault) return 'fault';
    throw error;
  }
}

/** The library that parses for us also evaluates: it says what CEL says. */
function celOutcome(text: string): unknown {
  const cel = new Environment({ homogeneousAggregateLiterals: false })
    .registerVariable('data', 'map')
    .registerVariable('metadata', 'map');
  try {
    return cel.evaluate(text, fields) as unknown;
  } catch {
    return 'fault';
  }
}

describe('an expression', () => {
  it.each([
    'data.score > 7.0 && metadata.type == "memo"',
    'data.score >= 7.5 || data.none == 1',
    'data.none == 1 || data.yes',
    'data.none == 1 && false',
    'data.none == 1 && data.yes',
    'data.none == 1',
    '!data.yes',
    '!(data.score < 7.0)',
    '!data.score',
    'has(data.score)',
    'has(data.none)',
    'has(data.nested.deep.value)',
    'has(data.none.deep)',
    'has(data.constructor)',
    'has(data.toString)',
    'data.empty == null',
    'data["score"] == 7.5',
    'data.tags[0] == "a"',
    'data.tags[2] == "a"',
    'data.text.contains("wörld")',
    'data.text.startsWith("Hello")',
    'data.text.endsWith("Hello")',
    'data.score.contains("7")',
    'size(data.text) == 13',
    'data.tags.size() == 2',
    'size(data.nested) == 1',
    'size(data.score) == 1',
    '"a" in data.tags',
    '"z" in data.tags',
    '"deep" in data.nested',
    'data.tags == ["a", "b"]',
    'data.tags + ["c"] == ["a", "b", "c"]',
    'data.nested == {"deep": {"value": 1.0}}',
    'data.text + "!" == "x"',
    'data.score * 2.0 == 15.0',
    'data.score - 0.5 > 6.0',
    'data.score + "a" == "b"',
    'data.score > "a"',
    '"abc" < "abd"',
    'data.items.exists(item, item.price > 10.0)',
    'data.items.all(item, item.price > 10.0)',
    'data.items.exists_one(item, item.price > 10.0)',
    'data.items.exists(item, item.none > 1.0 || item.name == "y")',
    'data.items.all(item, item.none > 1.0)',
    'data.items.filter(item, item.price > 10.0).map(item, item.name) == ["y"]',
    'data.items.map(item, item.price > 10.0, item.name) == ["y"]',
    'data.items.exists(item, data.tags.exists(tag, tag == item.name))',
    'data.nested.exists(key, key == "deep")',
    'data.score.exists(item, true)',
    'data.yes ? data.score > 7.0 : data.none == 1',
    'data.text ? true : false',
    'double(data.numeral) > 12.0',
    'double(data.text) > 12.0',
    'string(data.yes) == "true"',
    '"AbC".lowerAscii() == "abc"',
    '" x ".trim() == "x"',
  ])('%s means what it means in CEL', (text) => {
    expect(outcome(text)).toBe(celOutcome(text));
  });

  it.each([
    ['data.count / 2 == 1.5', true],
    ['data.count % 2 == 1', true],
    ['7 / 2 == 3.5', true],
    ['int(data.score) == 7', true],
    ['-data.count == -3', true],
    ['data.count + 0.5 == 3.5', true],
    ['data.count / 0 == 1', 'fault'],
    ['data.tags[0.5] == "a"', 'fault'],
    ['data.tags["length"] == 2', 'fault'],
    ['data.text', 'fault'],
    ['int("9007199254740991") == 9007199254740991', true],
    ['int("9007199254740993") == 9007199254740992.0', 'fault'],
    ['double("6.02e23") > 6e23', true],
  ])('%s is %s: JSON has one kind of number, and nothing is true but true', (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });

  it.each([
    ['nothing', '', /./],
    ['half an expression', 'data.score >', /Unexpected token/],
    ['an unknown variable', 'token.place == "a"', /unknown variable "token"/],
    ['a variable outside its macro', 'data.tags.all(t, t == "a") && t == "a"', /unknown variable "t"/],
    ['patterns, which may run for ever', 'data.text.matches("(a+)+$")', /"matches" is not supported.*contains/],
    ['an unknown function', 'data.text.reverse()', /"reverse" is not supported; there are size, /],
    ['a function of time', 'timestamp(data.text) > timestamp("2026-01-01T00:00:00Z")', /"timestamp" is not supported/],
    ['the library’s own macros', 'cel.bind(x, 1, x == 1)', /"bind" is not supported|unknown variable "cel"/],
    ['what is neither true nor false', '1 + 2', /it gives int/],
    ['kinds that do not go together', '"a" > 1', /no such overload/],
    ['bytes', 'data.text == b"x"', /JSON/],
    ['unsigned numbers', 'data.count == 1u', /JSON/],
    ['numbers that no double carries', 'data.count == 9007199254740993', /too large/],
    ['optional selection', 'data.?score == 1', /./],
    ['too many arguments', 'size(data.text, 1) == 1', /wrong number of arguments: size/],
    ['a macro without a variable', 'data.tags.all(1, true)', /./],
    ['nesting without end', `${'('.repeat(2000)}1${')'.repeat(2000)} == 1`, /./],
    ['negation without end', `${'!'.repeat(4000)}true`, /./],
    ['a huge text', `data.text == "${'x'.repeat(RULE_LIMITS.expressionLength)}"`, /at most 4096 characters/],
  ])('is refused with a reason: %s', (_name, text, reason) => {
    expect(compileExpression(text)).toMatch(reason);
  });

  it('cannot run for long', { tags: 'rule-budget' }, () => {
    const items = Array.from({ length: 1000 }, (_, index) => index);
    const hungry = compileExpression('data.l.all(a, data.l.all(b, data.l.all(c, a + b + c >= 0)))');
    if (typeof hungry === 'string') throw new Error(hungry);
    expect(() => evaluateExpression(hungry, { data: { l: items }, metadata: {} }, new RuleBudget())).toThrow(
      BudgetExhausted,
    );
  });

  it('cannot grow text or lists for free', () => {
    expect(() => run(`${'data.text + '.repeat(300)}"" == ""`, 2000)).toThrow(BudgetExhausted);
    expect(() => run(`${'data.tags + '.repeat(300)}[] == []`, 2000)).toThrow(BudgetExhausted);
  });

  it('reaches nothing but own members', () => {
    for (const text of ['data.__proto__ == null', 'data.constructor == null', 'data["__proto__"] == null']) {
      expect(outcome(text)).toBe('fault');
    }
    expect(outcome('{"__proto__": true}["__proto__"]')).toBe(true);
    expect(compileExpression('data.tags.map(__proto__, __proto__) == data.tags')).toMatch(/Reserved identifier/);
  });

  it('names the fields that it looks at', () => {
    const program = compileExpression('data.a.b > 1 && has(metadata.c) && data.l.exists(i, i.x == data.a.b)');
    expect(program).toMatchObject({ fields: ['data.a.b', 'metadata.c', 'data.l'] });
  });
});
