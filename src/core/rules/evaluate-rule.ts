import type { Blocker } from './blocker.js';
import { ExpressionFault } from './expression-functions.js';
import type { ExpressionPrograms } from './expression.js';
import { evaluateExpression } from './evaluate-expression.js';
import { jsonEquals, type JsonObject, type JsonValue } from '../json/json.js';
import { parsePath, readPath, type TokenFields } from '../json/path.js';
import { previewOf, shorten, shown } from '../json/preview.js';
import { BudgetExhausted, type RuleBudget } from './rule-budget.js';
import type { ExpressionRule, FieldRule, Rule } from './rule.js';

/** What a rule says about a token. In error it does not hold, and neither does its `Not`. */
export type Verdict = 'holds' | 'fails' | 'error';

interface Evaluation {
  readonly verdict: Verdict;
  /** In words, for a person. */
  readonly reason: string;
  /** What the rule saw: a field's value, or for And, Or and Not the list of its leaves. */
  readonly actual?: JsonValue;
}

/** What rules are evaluated on, and with. */
export interface RuleSubject {
  readonly fields: TokenFields;
  readonly programs?: ExpressionPrograms | undefined;
  /** Shared by all rules of a decision. */
  readonly budget: RuleBudget;
}

/** Evaluates a rule. Total: never throws, whatever the token holds. */
export function evaluateRule(rule: Rule, subject: RuleSubject): Evaluation {
  try {
    return evaluate(rule, subject);
  } catch (error) {
    if (!(error instanceof BudgetExhausted)) throw error;
    return { verdict: 'error', reason: error.message };
  }
}

function evaluate(rule: Rule, subject: RuleSubject): Evaluation {
  subject.budget.spend();
  switch (rule.type) {
    case 'And':
    case 'Or':
      return evaluateList(rule.type, rule.rules, subject);
    case 'Not':
      return negate(rule.rule, subject);
    case 'Expression':
      return evaluateText(rule, subject);
    case 'FieldExists':
    case 'FieldEquals':
    case 'FieldGreaterThan':
    case 'FieldLessThan':
    case 'FieldContains':
      return evaluateField(rule, subject);
  }
}

/** The blocker that a rule is for a token, or undefined when it holds. */
export function ruleBlocker(rule: Rule, subject: RuleSubject): Blocker | undefined {
  const { verdict, reason, actual } = evaluateRule(rule, subject);
  if (verdict === 'holds') return undefined;
  return {
    code: verdict === 'fails' ? 'RULE_FALSE' : 'RULE_ERROR',
    message: rule.description === undefined ? reason : `${rule.description}: ${reason}`,
    rule,
    ...(actual === undefined ? {} : { actual }),
  };
}

/** In CEL a field that is absent is an error, as is whatever gives neither true nor false. */
function evaluateText({ expression }: ExpressionRule, { fields, programs = {}, budget }: RuleSubject): Evaluation {
  const program = Object.hasOwn(programs, expression) ? programs[expression] : undefined;
  const text = shorten(expression);
  if (program === undefined) return { verdict: 'error', reason: `${text} was not parsed` };
  const seen = program.fields.flatMap((field) => {
    const path = parsePath(field);
    const value = path === undefined ? undefined : readPath(fields, path);
    return value === undefined ? [] : [[field, value] as const];
  });
  const actual = Object.fromEntries(seen.map(([field, value]) => [field, previewOf(value)]));
  const values = seen.map(([field, value]) => `${field} is ${shown(value)}`).join(', ');
  try {
    const holds = evaluateExpression(program, fields, budget);
    return { verdict: verdictOf(holds), reason: `${text} is ${holds}${values && `: ${values}`}`, actual };
  } catch (error) {
    if (!(error instanceof ExpressionFault)) throw error;
    return { verdict: 'error', reason: `cannot evaluate ${text}: ${error.message}${values && `; ${values}`}`, actual };
  }
}

function evaluateField(rule: FieldRule, { fields, budget }: RuleSubject): Evaluation {
  const path = parsePath(rule.field);
  if (path === undefined) return { verdict: 'error', reason: `"${rule.field}" is not a path into data or metadata` };
  const actual = readPath(fields, path);
  const verdict = compareField(rule, actual, budget);
  const seen = actual === undefined ? 'is absent' : `is ${shown(actual)}`;
  const reason = `${rule.field} ${seen}; ${verdict === 'error' ? 'cannot check' : 'asked for'} ${expectation(rule)}`;
  return actual === undefined ? { verdict, reason } : { verdict, reason, actual: previewOf(actual) };
}

function compareField(rule: FieldRule, actual: JsonValue | undefined, budget: RuleBudget): Verdict {
  switch (rule.type) {
    case 'FieldExists':
      return verdictOf(actual !== undefined);
    case 'FieldEquals':
      return verdictOf(actual !== undefined && jsonEquals(actual, rule.value, budget));
    case 'FieldContains':
      return actual === undefined ? 'fails' : contains(actual, rule.value, budget);
    case 'FieldGreaterThan':
      return compare(actual, rule.value, (order) => order > 0);
    case 'FieldLessThan':
      return compare(actual, rule.value, (order) => order < 0);
  }
}

function contains(actual: JsonValue, wanted: JsonValue, budget: RuleBudget): Verdict {
  if (Array.isArray(actual)) return verdictOf(actual.some((item) => jsonEquals(item as JsonValue, wanted, budget)));
  if (typeof actual === 'string' && typeof wanted === 'string') {
    budget.spendOnText(actual.length);
    return verdictOf(actual.includes(wanted));
  }
  return 'error';
}

/** Orders two numbers, or two strings by code units (so RFC 3339 times compare); all else is an error. */
function compare(actual: JsonValue | undefined, bound: JsonValue, test: (order: number) => boolean): Verdict {
  if (typeof actual === 'number' && typeof bound === 'number') return verdictOf(test(actual - bound));
  if (typeof actual === 'string' && typeof bound === 'string') {
    return verdictOf(test(actual < bound ? -1 : Number(actual > bound)));
  }
  return 'error';
}

function evaluateList(type: 'And' | 'Or', rules: readonly Rule[], subject: RuleSubject): Evaluation {
  const parts = rules.map((rule) => evaluate(rule, subject));
  const decisive = type === 'And' ? 'fails' : 'holds';
  const other = type === 'And' ? 'holds' : 'fails';
  const verdicts = parts.map((part) => part.verdict);
  const verdict = verdicts.includes(decisive) ? decisive : verdicts.includes('error') ? 'error' : other;
  const reason = parts
    .filter((part) => part.verdict !== 'holds')
    .map((part) => part.reason)
    .join(type === 'And' ? '; and ' : '; or ');
  return { verdict, reason: reason === '' ? `${type} of nothing` : reason, actual: leavesOf(rules, subject) };
}

function negate(rule: Rule, subject: RuleSubject): Evaluation {
  const { verdict, reason } = evaluate(rule, subject);
  const negated = verdict === 'error' ? 'error' : verdictOf(verdict === 'fails');
  return { verdict: negated, reason: `not (${reason})`, actual: leavesOf([rule], subject) };
}

function leavesOf(rules: readonly Rule[], subject: RuleSubject): readonly JsonObject[] {
  return rules.flatMap((rule) => {
    switch (rule.type) {
      case 'And':
      case 'Or':
        return leavesOf(rule.rules, subject);
      case 'Not':
        return leavesOf([rule.rule], subject);
      case 'FieldExists':
      case 'FieldEquals':
      case 'FieldGreaterThan':
      case 'FieldLessThan':
      case 'FieldContains':
        return [leafOf(rule, { field: rule.field }, evaluateField(rule, subject))];
      case 'Expression':
        return [leafOf(rule, { expression: rule.expression }, evaluateText(rule, subject))];
    }
  });
}

function leafOf({ type }: Rule, what: JsonObject, { verdict, actual }: Evaluation): JsonObject {
  const leaf = { type, ...what, verdict };
  return actual === undefined ? leaf : { ...leaf, actual };
}

function expectation(rule: FieldRule): string {
  switch (rule.type) {
    case 'FieldExists':
      return 'a value';
    case 'FieldEquals':
      return `exactly ${shown(rule.value)}`;
    case 'FieldContains':
      return `something that contains ${shown(rule.value)}`;
    case 'FieldGreaterThan':
      return `more than ${shown(rule.value)}`;
    case 'FieldLessThan':
      return `less than ${shown(rule.value)}`;
  }
}

function verdictOf(holds: boolean): Verdict {
  return holds ? 'holds' : 'fails';
}
