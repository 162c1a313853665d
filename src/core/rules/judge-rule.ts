import { containsText } from '../json/contains-text.js';
import { jsonEquals, type JsonValue } from '../json/json.js';
import { parsePath, readPath, type TokenFields } from '../json/path.js';
import { evaluateExpression } from './evaluate-expression.js';
import { ExpressionFault } from './expression-functions.js';
import type { ExpressionPrograms } from './expression.js';
import type { RuleBudget } from './rule-budget.js';
import type { ExpressionRule, FieldRule, Rule } from './rule.js';

/** What a rule says about a token. In error it does not hold, and neither does its `Not`. */
export type Verdict = 'holds' | 'fails' | 'error';

/** What rules are evaluated on, and with. */
export interface RuleSubject {
  readonly fields: TokenFields;
  readonly programs?: ExpressionPrograms | undefined;
  /** Shared by all rules of a decision. */
  readonly budget: RuleBudget;
}

/** A rule with what it said, and what is needed to say why. */
export type Judged = JudgedField | JudgedExpression | JudgedRules;

export interface JudgedField {
  readonly kind: 'field';
  readonly rule: FieldRule;
  readonly verdict: Verdict;
  readonly seen?: JsonValue | undefined;
}

export interface JudgedExpression {
  readonly kind: 'expression';
  readonly rule: ExpressionRule;
  readonly verdict: Verdict;
  /** What is wrong, in words; absent where nobody parsed it. */
  readonly fault?: string;
}

export interface JudgedRules {
  readonly kind: 'rules';
  readonly rule: Exclude<Rule, FieldRule | ExpressionRule>;
  readonly verdict: Verdict;
  readonly parts: readonly Judged[];
}

/** Evaluates a rule, each part of it once. Throws BudgetExhausted. Says nothing yet: most rules hold, and nobody asks why. */
export function judgeRule(rule: Rule, subject: RuleSubject): Judged {
  subject.budget.spend();
  switch (rule.type) {
    case 'And':
    case 'Or': {
      const parts = rule.rules.map((part) => judgeRule(part, subject));
      return { kind: 'rules', rule, parts, verdict: verdictOfList(rule.type, parts) };
    }
    case 'Not': {
      const part = judgeRule(rule.rule, subject);
      const verdict = part.verdict === 'error' ? 'error' : verdictOf(part.verdict === 'fails');
      return { kind: 'rules', rule, parts: [part], verdict };
    }
    case 'Expression':
      return judgeExpression(rule, subject);
    case 'FieldExists':
    case 'FieldEquals':
    case 'FieldGreaterThan':
    case 'FieldLessThan':
    case 'FieldContains':
      return judgeField(rule, subject);
  }
}

function verdictOfList(type: 'And' | 'Or', parts: readonly Judged[]): Verdict {
  const decisive = type === 'And' ? 'fails' : 'holds';
  const other = type === 'And' ? 'holds' : 'fails';
  if (parts.some(({ verdict }) => verdict === decisive)) return decisive;
  return parts.some(({ verdict }) => verdict === 'error') ? 'error' : other;
}

/** In CEL a field that is absent is an error, as is whatever gives neither true nor false. */
function judgeExpression(rule: ExpressionRule, { fields, programs = {}, budget }: RuleSubject): JudgedExpression {
  const { expression } = rule;
  const program = Object.hasOwn(programs, expression) ? programs[expression] : undefined;
  if (program === undefined) return { kind: 'expression', rule, verdict: 'error' };
  try {
    return { kind: 'expression', rule, verdict: verdictOf(evaluateExpression(program, fields, budget)) };
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    return { kind: 'expression', rule, verdict: 'error', fault: error.message };
  }
}

function judgeField(rule: FieldRule, { fields, budget }: RuleSubject): JudgedField {
  budget.spendOnText(rule.field.length);
  const path = parsePath(rule.field);
  if (path === undefined) return { kind: 'field', rule, verdict: 'error' };
  budget.spend(path.keys.length);
  const seen = readPath(fields, path);
  return { kind: 'field', rule, seen, verdict: compareField(rule, seen, budget) };
}

function compareField(rule: FieldRule, seen: JsonValue | undefined, budget: RuleBudget): Verdict {
  switch (rule.type) {
    case 'FieldExists':
      return verdictOf(seen !== undefined);
    case 'FieldEquals':
      return verdictOf(seen !== undefined && jsonEquals(seen, rule.value, budget));
    case 'FieldContains':
      return seen === undefined ? 'fails' : contains(seen, rule.value, budget);
    case 'FieldGreaterThan':
      return compare(seen, rule.value, { budget, test: (order) => order > 0 });
    case 'FieldLessThan':
      return compare(seen, rule.value, { budget, test: (order) => order < 0 });
  }
}

function contains(seen: JsonValue, wanted: JsonValue, budget: RuleBudget): Verdict {
  if (Array.isArray(seen)) return verdictOf(seen.some((item) => jsonEquals(item as JsonValue, wanted, budget)));
  if (typeof seen === 'string' && typeof wanted === 'string') {
    budget.spendOnText(wanted.length);
    budget.spendOnLetters(seen.length);
    return verdictOf(containsText(seen, wanted));
  }
  return 'error';
}

interface Comparison {
  readonly budget: RuleBudget;
  readonly test: (order: number) => boolean;
}

/** Orders two numbers, or two strings by code units (so RFC 3339 times compare); all else is an error. */
function compare(seen: JsonValue | undefined, bound: JsonValue, { budget, test }: Comparison): Verdict {
  if (typeof seen === 'number' && typeof bound === 'number') return verdictOf(test(seen - bound));
  if (typeof seen === 'string' && typeof bound === 'string') {
    budget.spendOnText(Math.min(seen.length, bound.length));
    return verdictOf(test(seen < bound ? -1 : Number(seen > bound)));
  }
  return 'error';
}

function verdictOf(holds: boolean): Verdict {
  return holds ? 'holds' : 'fails';
}
