import { describe, expect, it } from 'vitest';

import { compileExpression } from '../../../src/core/validation/compile-expression.js';
import { evaluateRule, ruleBlocker } from '../../../src/core/rules/evaluate-rule.js';
import { RuleBudget } from '../../../src/core/rules/rule-budget.js';
import type { Rule } from '../../../src/core/rules/rule.js';

const fields = {
  data: { score: 7, text: 'hello world', tags: ['a', { b: 1 }], empty: null, at: '2026-01-02' },
  metadata: { type: 'memo' },
};

function subject(steps?: number) {
  return { fields, budget: new RuleBudget(steps) };
}

function verdict(rule: Rule) {
  return evaluateRule(rule, subject()).verdict;
}

describe('a rule on a field', () => {
  it.each<[string, Rule, string]>([
    ['exists', { type: 'FieldExists', field: 'data.score' }, 'holds'],
    ['null exists', { type: 'FieldExists', field: 'data.empty' }, 'holds'],
    ['missing does not exist', { type: 'FieldExists', field: 'data.none.deep' }, 'fails'],
    ['inherited names do not exist', { type: 'FieldExists', field: 'data.toString' }, 'fails'],
    ['equals deeply', { type: 'FieldEquals', field: 'data.tags', value: ['a', { b: 1 }] }, 'holds'],
    ['missing equals nothing', { type: 'FieldEquals', field: 'data.none', value: null }, 'fails'],
    ['7 is not "7"', { type: 'FieldEquals', field: 'data.score', value: '7' }, 'fails'],
    ['greater', { type: 'FieldGreaterThan', field: 'data.score', value: 6.5 }, 'holds'],
    ['not greater than itself', { type: 'FieldGreaterThan', field: 'data.score', value: 7 }, 'fails'],
    ['less', { type: 'FieldLessThan', field: 'data.score', value: 8 }, 'holds'],
    ['times compare as text', { type: 'FieldLessThan', field: 'data.at', value: '2026-01-10' }, 'holds'],
    ['comparing a missing field', { type: 'FieldGreaterThan', field: 'data.none', value: 1 }, 'error'],
    ['comparing a wrong type', { type: 'FieldLessThan', field: 'data.text', value: 1 }, 'error'],
    ['substring', { type: 'FieldContains', field: 'data.text', value: 'world' }, 'holds'],
    ['member', { type: 'FieldContains', field: 'data.tags', value: { b: 1 } }, 'holds'],
    ['missing contains nothing', { type: 'FieldContains', field: 'data.none', value: 'a' }, 'fails'],
    ['a number contains nothing', { type: 'FieldContains', field: 'data.score', value: 7 }, 'error'],
    ['a path outside the roots', { type: 'FieldExists', field: 'process.env' }, 'error'],
    ['a forbidden key', { type: 'FieldExists', field: 'data.__proto__' }, 'error'],
  ])('%s', (_name, rule, expected) => {
    expect(verdict(rule)).toBe(expected);
  });
});

describe('And, Or and Not', () => {
  const yes: Rule = { type: 'FieldExists', field: 'data.score' };
  const no: Rule = { type: 'FieldExists', field: 'data.none' };
  const broken: Rule = { type: 'FieldLessThan', field: 'data.none', value: 1 };

  it.each<[string, Rule, string]>([
    ['And holds when all do', { type: 'And', rules: [yes, yes] }, 'holds'],
    ['And fails when one does, whatever is broken', { type: 'And', rules: [broken, no] }, 'fails'],
    ['And is in error when the rest holds', { type: 'And', rules: [broken, yes] }, 'error'],
    ['Or holds when one does, whatever is broken', { type: 'Or', rules: [broken, yes] }, 'holds'],
    ['Or is in error when the rest fails', { type: 'Or', rules: [broken, no] }, 'error'],
    ['Not turns', { type: 'Not', rule: no }, 'holds'],
    ['Not of an error is an error', { type: 'Not', rule: broken }, 'error'],
  ])('%s', (_name, rule, expected) => {
    expect(verdict(rule)).toBe(expected);
  });

  it('show the leaves with what they saw', () => {
    const blocker = ruleBlocker(
      { type: 'And', rules: [yes, { type: 'Not', rule: yes }], description: 'both' },
      subject(),
    );
    expect(blocker).toMatchObject({
      code: 'RULE_FALSE',
      actual: [
        { field: 'data.score', verdict: 'holds', actual: 7 },
        { field: 'data.score', verdict: 'holds', actual: 7 },
      ],
    });
    expect(blocker?.message).toMatch(/^both: not \(data\.score is 7/);
  });
});

describe('an expression', () => {
  function outcome(expression: string, steps?: number) {
    const program = compileExpression(expression);
    if (typeof program === 'string') throw new Error(program);
    return evaluateRule({ type: 'Expression', expression }, { ...subject(steps), programs: { [expression]: program } });
  }

  it('says which fields it saw', () => {
    expect(outcome('data.score > 8.0 && metadata.type == "memo"')).toEqual({
      verdict: 'fails',
      reason: 'data.score > 8.0 && metadata.type == "memo" is false: data.score is 7, metadata.type is "memo"',
      actual: { 'data.score': 7, 'metadata.type': 'memo' },
    });
  });

  it('is in error where a field is absent, and so is its Not', () => {
    const expression = 'data.none > 1';
    expect(outcome(expression)).toMatchObject({
      verdict: 'error',
      reason: expect.stringContaining('there is no "none"') as string,
    });
    const program = compileExpression(expression);
    const programs = typeof program === 'string' ? {} : { [expression]: program };
    const rule: Rule = { type: 'Not', rule: { type: 'Expression', expression } };
    expect(evaluateRule(rule, { ...subject(), programs }).verdict).toBe('error');
  });

  it('is in error where nobody parsed it', () => {
    expect(evaluateRule({ type: 'Expression', expression: 'true' }, subject())).toMatchObject({ verdict: 'error' });
  });

  it('that takes too long is in error, and so is every rule after it', { tags: 'rule-budget' }, () => {
    const budget = new RuleBudget(50);
    const hungry: Rule = { type: 'FieldContains', field: 'data.text', value: 'x' };
    const verdicts = Array.from({ length: 40 }, () => evaluateRule(hungry, { fields, budget }).verdict);
    expect(verdicts[0]).toBe('fails');
    expect(verdicts.at(-1)).toBe('error');
  });
});

describe('what a rule saw', () => {
  it('is cut where it is large, also in what is said of it', () => {
    const large = { data: { list: Array.from({ length: 5000 }, () => 'x'.repeat(500)) }, metadata: {} };
    const rule: Rule = { type: 'FieldEquals', field: 'data.list', value: 1 };
    const blocker = ruleBlocker(rule, { fields: large, budget: new RuleBudget() });
    expect(JSON.stringify(blocker).length).toBeLessThan(4000);
    expect(blocker?.actual).toContain('… 4990 more');
  });
});
