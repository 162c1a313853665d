import type { Blocker } from './blocker.js';
import { jsonEquals, type JsonObject, type JsonValue } from './json.js';
import { parsePath, readPath, type TokenFields } from './path.js';
import type { FieldRule, Rule } from './rule.js';

/** What a rule says about a token. In error it does not hold, and neither does its `Not`. */
export type Verdict = 'holds' | 'fails' | 'error';

interface Evaluation {
  readonly verdict: Verdict;
  /** In words, for a person. */
  readonly reason: string;
  /** What the rule saw: a field's value, or for And, Or and Not the list of its leaves. */
  readonly actual?: JsonValue;
}

/** Evaluates a rule. Total: never throws, whatever the token holds. */
export function evaluateRule(rule: Rule, fields: TokenFields): Evaluation {
  switch (rule.type) {
    case 'And':
    case 'Or':
      return evaluateList(rule.type, rule.rules, fields);
    case 'Not':
      return negate(rule.rule, fields);
    case 'FieldExists':
    case 'FieldEquals':
    case 'FieldGreaterThan':
    case 'FieldLessThan':
    case 'FieldContains':
      return evaluateField(rule, fields);
  }
}

/** The blocker that a rule is for a token, or undefined when it holds. */
export function ruleBlocker(rule: Rule, fields: TokenFields): Blocker | undefined {
  const { verdict, reason, actual } = evaluateRule(rule, fields);
  if (verdict === 'holds') return undefined;
  return {
    code: verdict === 'fails' ? 'RULE_FALSE' : 'RULE_ERROR',
    message: rule.description === undefined ? reason : `${rule.description}: ${reason}`,
    rule,
    ...(actual === undefined ? {} : { actual }),
  };
}

function evaluateField(rule: FieldRule, fields: TokenFields): Evaluation {
  const path = parsePath(rule.field);
  if (path === undefined) return { verdict: 'error', reason: `"${rule.field}" is not a path into data or metadata` };
  const actual = readPath(fields, path);
  const verdict = compareField(rule, actual);
  const seen = actual === undefined ? 'is absent' : `is ${shorten(JSON.stringify(actual))}`;
  const reason = `${rule.field} ${seen}; ${verdict === 'error' ? 'cannot check' : 'asked for'} ${expectation(rule)}`;
  return actual === undefined ? { verdict, reason } : { verdict, reason, actual };
}

function compareField(rule: FieldRule, actual: JsonValue | undefined): Verdict {
  switch (rule.type) {
    case 'FieldExists':
      return verdictOf(actual !== undefined);
    case 'FieldEquals':
      return verdictOf(actual !== undefined && jsonEquals(actual, rule.value));
    case 'FieldContains':
      return actual === undefined ? 'fails' : contains(actual, rule.value);
    case 'FieldGreaterThan':
      return compare(actual, rule.value, (order) => order > 0);
    case 'FieldLessThan':
      return compare(actual, rule.value, (order) => order < 0);
  }
}

function contains(actual: JsonValue, wanted: JsonValue): Verdict {
  if (Array.isArray(actual)) return verdictOf(actual.some((item) => jsonEquals(item as JsonValue, wanted)));
  if (typeof actual === 'string' && typeof wanted === 'string') return verdictOf(actual.includes(wanted));
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

function evaluateList(type: 'And' | 'Or', rules: readonly Rule[], fields: TokenFields): Evaluation {
  const parts = rules.map((rule) => evaluateRule(rule, fields));
  const decisive = type === 'And' ? 'fails' : 'holds';
  const other = type === 'And' ? 'holds' : 'fails';
  const verdicts = parts.map((part) => part.verdict);
  const verdict = verdicts.includes(decisive) ? decisive : verdicts.includes('error') ? 'error' : other;
  const reason = parts
    .filter((part) => part.verdict !== 'holds')
    .map((part) => part.reason)
    .join(type === 'And' ? '; and ' : '; or ');
  return { verdict, reason: reason === '' ? `${type} of nothing` : reason, actual: leavesOf(rules, fields) };
}

function negate(rule: Rule, fields: TokenFields): Evaluation {
  const { verdict, reason } = evaluateRule(rule, fields);
  const negated = verdict === 'error' ? 'error' : verdictOf(verdict === 'fails');
  return { verdict: negated, reason: `not (${reason})`, actual: leavesOf([rule], fields) };
}

function leavesOf(rules: readonly Rule[], fields: TokenFields): readonly JsonObject[] {
  return rules.flatMap((rule) => {
    switch (rule.type) {
      case 'And':
      case 'Or':
        return leavesOf(rule.rules, fields);
      case 'Not':
        return leavesOf([rule.rule], fields);
      case 'FieldExists':
      case 'FieldEquals':
      case 'FieldGreaterThan':
      case 'FieldLessThan':
      case 'FieldContains':
        return [leafOf(rule, fields)];
    }
  });
}

function leafOf(rule: FieldRule, fields: TokenFields): JsonObject {
  const { verdict, actual } = evaluateField(rule, fields);
  const leaf = { type: rule.type, field: rule.field, verdict };
  return actual === undefined ? leaf : { ...leaf, actual };
}

function expectation(rule: FieldRule): string {
  switch (rule.type) {
    case 'FieldExists':
      return 'a value';
    case 'FieldEquals':
      return `exactly ${shorten(JSON.stringify(rule.value))}`;
    case 'FieldContains':
      return `something that contains ${shorten(JSON.stringify(rule.value))}`;
    case 'FieldGreaterThan':
      return `more than ${shorten(JSON.stringify(rule.value))}`;
    case 'FieldLessThan':
      return `less than ${shorten(JSON.stringify(rule.value))}`;
  }
}

function verdictOf(holds: boolean): Verdict {
  return holds ? 'holds' : 'fails';
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}
