import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { INPUT_PROBLEM_CODES } from '../../../src/core/codes.js';
import { transitionAvailability } from '../../../src/core/engine/available-transitions.js';
import { decide } from '../../../src/core/engine/decide.js';
import type { TokenFields } from '../../../src/core/json/path.js';
import { evaluateRule, ruleHolds } from '../../../src/core/rules/evaluate-rule.js';
import type { ExpressionPrograms } from '../../../src/core/rules/expression.js';
import { RuleBudget } from '../../../src/core/rules/rule-budget.js';
import type { Rule } from '../../../src/core/rules/rule.js';
import { withPrograms } from '../../../src/core/validation/compile-rules.js';
import { parseRule } from '../../../src/core/validation/rule-schema.js';
import { anyJsonValue, anyRule, anyTokenFields } from '../../support/arbitrary-rule.js';
import { aDefinition, aToken, aTransition, facts } from '../../support/builders.js';

const FIXED = { seed: 15, numRuns: 120 } as const;
const MOST_STEPS = 500_000;
/** Of the whole of a rule's reason. */
const MOST_WORDS = 7000;

const anySteps = fc.oneof(fc.constant(MOST_STEPS), fc.nat({ max: 300 }), fc.nat({ max: MOST_STEPS }));

function withRule(rule: Rule) {
  return withPrograms(aDefinition({ transitions: [aTransition({ id: 'review', rules: [rule] })] }));
}

function programsOf(rule: Rule): ExpressionPrograms {
  return withRule(rule).programs ?? {};
}

function copied<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value)) as Value;
}

/** Counts how often anything within a value is looked at. */
class Looks {
  count = 0;
  readonly #watched = new WeakMap<object, object>();

  at<Value>(value: Value): Value {
    if (typeof value !== 'object' || value === null) return value;
    const known = this.#watched.get(value);
    if (known !== undefined) return known as Value;
    const watched = new Proxy(value, {
      get: (target, key) => {
        this.count += 1;
        return this.at(Reflect.get(target, key));
      },
      getOwnPropertyDescriptor: (target, key) => {
        this.count += 1;
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    this.#watched.set(value, watched);
    return watched;
  }
}

describe('any rule on any token', { tags: 'rule-budget' }, () => {
  it('ends within its budget, holds, fails or is in error, and says why in a bounded number of words', () => {
    fc.assert(
      fc.property(anyRule, anyTokenFields, anySteps, (rule, fields, steps) => {
        const budget = new RuleBudget(steps);
        const { verdict, reason } = evaluateRule(rule, { fields, budget, programs: programsOf(rule) });
        expect(['holds', 'fails', 'error']).toContain(verdict);
        expect(reason.length).toBeLessThan(MOST_WORDS);
        expect(budget.spent).toBeLessThanOrEqual(steps);
      }),
      FIXED,
    );
  });

  it('costs the same as a copy of both, comes to the same end, and says the same', () => {
    fc.assert(
      fc.property(anyRule, anyTokenFields, anySteps, (rule, fields, steps) => {
        const outcome = (one: Rule, on: TokenFields) => {
          const budget = new RuleBudget(steps);
          const evaluation = evaluateRule(one, { fields: on, budget, programs: copied(programsOf(one)) });
          return { ...copied(evaluation), spent: budget.spent, isExhausted: budget.isExhausted };
        };
        expect(outcome(copied(rule), copied(fields))).toEqual(outcome(rule, fields));
      }),
      FIXED,
    );
  });

  it('looks at the token no oftener than in proportion to the steps that it counts', () => {
    fc.assert(
      fc.property(anyRule, anyTokenFields, (rule, fields) => {
        const looks = new Looks();
        const budget = new RuleBudget();
        ruleHolds(rule, { fields: looks.at(fields), budget, programs: programsOf(rule) });
        expect(looks.count).toBeLessThanOrEqual(100 + 4 * budget.spent);
      }),
      FIXED,
    );
  });

  it('lets the transition fire, or is a blocker with a code; what can fire says the same', () => {
    fc.assert(
      fc.property(anyRule, anyTokenFields, (rule, fields) => {
        const definition = withRule(rule);
        const token = aToken(definition, fields);
        const { refusal } = decide(definition, token, { type: 'fire', transitionId: 'review' }, facts);
        const [available] = transitionAvailability(definition, token);
        expect(available?.canFire).toBe(refusal === undefined);
        expect(available?.blockers.map(({ code }) => code)).toEqual(refusal?.blockers.map(({ code }) => code) ?? []);
        for (const { code } of refusal?.blockers ?? []) expect(['RULE_FALSE', 'RULE_ERROR']).toContain(code);
      }),
      FIXED,
    );
  });
});

describe('any JSON as a rule', () => {
  it('is accepted, or refused with codes and pointers', () => {
    fc.assert(
      fc.property(fc.oneof(anyRule, anyJsonValue), (input) => {
        const parsed = parseRule(input, '/rules/0');
        if ('value' in parsed) return;
        expect(parsed.problems.length).toBeGreaterThan(0);
        for (const { code } of parsed.problems) expect(INPUT_PROBLEM_CODES).toContain(code);
        const placed = parsed.problems.filter(({ code }) => code !== 'MORE_PROBLEMS');
        for (const { pointer } of placed) expect(pointer).toMatch(/^\/rules\/0/);
      }),
      FIXED,
    );
  });
});
