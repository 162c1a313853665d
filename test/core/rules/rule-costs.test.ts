import { afterEach, describe, expect, it, vi } from 'vitest';

import { transitionAvailability } from '../../../src/core/engine/available-transitions.js';
import { decide } from '../../../src/core/engine/decide.js';
import { evaluateRule } from '../../../src/core/rules/evaluate-rule.js';
import { MomentBudget, RuleBudget } from '../../../src/core/rules/rule-budget.js';
import type { Rule } from '../../../src/core/rules/rule.js';
import { compileExpression } from '../../../src/core/validation/compile-expression.js';
import { withPrograms } from '../../../src/core/validation/compile-rules.js';
import { aDefinition, aToken, aTransition, facts } from '../../support/builders.js';

const numbers = Array.from({ length: 10_000 }, (_, n) => n);
const wide = Object.fromEntries(numbers.map((n) => [`k${n}`, n]));
/** Some 250 KB, as large as a token may be. */
const data = {
  list: numbers,
  wide,
  alike: { ...wide },
  text: 'aB'.repeat(25_000),
  // The engine's own search would compare 20,000 times 40,000 letters.
  row: 'a'.repeat(40_000),
  pattern: `${'a'.repeat(10_000)}b${'a'.repeat(10_000)}`,
};
const fields = { data, metadata: {} };

function outcome(expression: string, budget: RuleBudget) {
  const program = compileExpression(expression);
  if (typeof program === 'string') throw new Error(program);
  return evaluateRule({ type: 'Expression', expression }, { fields, budget, programs: { [expression]: program } });
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('whatever a rule does costs steps:', { tags: 'rule-budget' }, () => {
  it.each([
    ['counting keys', 'data.list.exists(x, size(data.wide) == 0)'],
    ['walking over keys', 'data.list.exists(x, data.wide.exists(key, key == "z"))'],
    ['comparing objects', 'data.list.exists(x, data.wide != data.alike)'],
    ['comparing a small object with a large one', 'data.list.exists(x, {"a": 1} == data.wide)'],
    ['counting letters', 'data.list.exists(x, size(data.text) == 0)'],
    ['writing a text anew', 'data.list.exists(x, data.text.lowerAscii() == "")'],
    ['trimming', 'data.list.exists(x, data.text.trim() == "")'],
    ['looking for a text', 'data.list.exists(x, data.row.contains(data.pattern))'],
    ['comparing texts', 'data.list.exists(x, data.text < data.text)'],
    ['joining texts', 'data.list.exists(x, data.text + data.text == "")'],
    ['copying lists', 'data.list.exists(x, data.list + data.list == [])'],
    ['looking for a member', 'data.list.exists(x, "z" in data.list)'],
    ['what fails', 'data.list.all(x, data.list.exists(y, data.none == 1))'],
    ['looking up a value that is no key', 'data.list.all(x, data.list.exists(y, data[data.wide] == 1))'],
    ['loops in loops', 'data.list.all(x, data.list.all(y, x + y >= 0))'],
  ])('%s', (_what, expression) => {
    const budget = new RuleBudget();
    expect(outcome(expression, budget)).toMatchObject({
      verdict: 'error',
      reason: 'the rules of this workflow take too many steps',
    });
    expect(budget.isExhausted).toBe(true);
  });

  it('keys are listed some hundred thousand times at most, not once for each item of a list', () => {
    const keys = vi.spyOn(Object, 'keys');
    outcome('data.list.exists(x, size(data.wide) == 0)', new RuleBudget());
    const listed = keys.mock.results.reduce((sum, { value }) => sum + (value as readonly string[]).length, 0);
    expect(listed).toBeLessThan(500_000);
  });

  it('no rule after one that took all steps does anything', () => {
    const budget = new RuleBudget();
    outcome('data.list.exists(x, size(data.wide) == 0)', budget);
    const keys = vi.spyOn(Object, 'keys');
    expect(outcome('size(data.wide) > 0', budget).verdict).toBe('error');
    expect(keys).not.toHaveBeenCalled();
  });
});

describe('decisions of one moment', { tags: 'rule-budget' }, () => {
  const hungry = 'data.list.all(x, data.list.all(y, x + y >= 0))';
  const rules: Rule[] = [{ type: 'Expression', expression: hungry }];
  const definition = withPrograms(aDefinition({ transitions: [aTransition({ id: 'review', rules })] }));
  const token = aToken(definition, { data: { list: numbers } });
  const spentOn = (moment: MomentBudget, now: string) =>
    moment.spendOn(now, (budget) => {
      decide(definition, token, { type: 'fire', transitionId: 'review' }, { now, budget });
      return budget.spent;
    });

  it('share their steps: a thousand signals at once do not stop a worker', () => {
    const moment = new MomentBudget();
    const spent = Array.from({ length: 1000 }, () => spentOn(moment, facts.now));
    expect(spent[0]).toBe(500_000);
    expect(spent.reduce((sum, one) => sum + one, 0)).toBe(5_000_000);
  });

  it('have as many again when time has gone on', () => {
    const moment = new MomentBudget();
    for (let n = 0; n < 20; n += 1) spentOn(moment, facts.now);
    expect(spentOn(moment, '2026-11-23T05:00:00.001Z')).toBe(500_000);
  });
});

describe('what is said of rules that do not hold is bounded:', () => {
  const leaf = (n: number): Rule => ({ type: 'FieldEquals', field: 'data.wide', value: { is: `text ${n}` } });
  const many: Rule = { type: 'And', rules: Array.from({ length: 499 }, (_, n) => leaf(n)) };
  const named = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`r${n}`, many]));

  function refusal(conditions: readonly string[]) {
    const definition = aDefinition({ rules: named, transitions: [aTransition({ id: 'review', conditions })] });
    const token = aToken(definition, {
      data: { wide: Object.fromEntries(numbers.slice(0, 10).map((n) => [`k${n}`, 'x'.repeat(300)])) },
    });
    return decide(definition, token, { type: 'fire', transitionId: 'review' }, facts).refusal;
  }

  it('a rule of 499 leaves shows some of them, and how many more there are', () => {
    const [blocker] = refusal(['r0'])?.blockers ?? [];
    expect(JSON.stringify(blocker).length).toBeLessThan(20_000);
    expect(blocker).toMatchObject({
      code: 'RULE_FALSE',
      message: expect.stringMatching(/^data\.wide is .*; and … \d+ more$/) as string,
      rule: { type: 'And', description: 'the first 10 of 499' },
    });
    expect(blocker?.actual).toContainEqual(expect.stringMatching(/^… \d+ more$/));
  });

  it('a condition that is named a hundred times is told once', () => {
    expect(refusal(Array.from({ length: 100 }, () => 'r0'))?.blockers).toHaveLength(1);
  });

  it('a refusal with many such rules says how many it leaves out', () => {
    const refused = refusal(Object.keys(named));
    expect(JSON.stringify(refused).length).toBeLessThan(250_000);
    expect(refused?.message.length).toBeLessThan(5000);
    expect(refused?.blockers.at(-1)).toEqual({
      code: 'MORE_BLOCKERS',
      message: expect.stringMatching(/^and \d+ more$/) as string,
    });
  });

  it('so are the reasons of all transitions together', () => {
    const transitions = Array.from({ length: 300 }, (_, n) =>
      aTransition({ id: `t${n}`, rules: Array.from({ length: 100 }, () => leaf(n)) }),
    );
    const definition = aDefinition({ transitions });
    const available = transitionAvailability(
      definition,
      aToken(definition, { data: { wide: { a: 'x'.repeat(1000) } } }),
    );
    expect(available.every(({ canFire }) => !canFire)).toBe(true);
    expect(JSON.stringify(available.map(({ blockers }) => blockers)).length).toBeLessThan(400_000);
  });

  it('a token in the wrong place is not told five hundred right ones', () => {
    const places = Array.from({ length: 500 }, (_, n) => `${n}`.padStart(200, 'p'));
    const definition = aDefinition({
      places: ['submitted', ...places],
      transitions: [aTransition({ id: 'go', fromPlaces: places })],
    });
    const { refusal: refused } = decide(definition, aToken(definition), { type: 'fire', transitionId: 'go' }, facts);
    expect(refused?.message.length).toBeLessThan(5000);
    expect(refused?.message).toMatch(/ or \d+ more/);
  });
});
