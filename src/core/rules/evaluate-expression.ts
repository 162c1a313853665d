import type { EachParts, ExpressionNode, ExpressionProgram, Comprehension } from './expression.js';
import { callFunction, ExpressionFault, kindOf } from './expression-functions.js';
import { isJsonObject, ownValue, type JsonValue } from '../json/json.js';
import type { TokenFields } from '../json/path.js';
import { shorten } from '../json/preview.js';
import type { RuleBudget } from './rule-budget.js';

/** Variables in scope, the innermost first. */
interface Scope {
  readonly name: string;
  readonly value: JsonValue;
  readonly outer?: Scope;
}

/**
 * Whether an expression is true of a token. Throws ExpressionFault with what is wrong, in words, when it is neither
 * true nor false, and BudgetExhausted when it takes too long.
 */
export function evaluateExpression(program: ExpressionProgram, fields: TokenFields, budget: RuleBudget): boolean {
  const scope: Scope = { name: 'data', value: fields.data, outer: { name: 'metadata', value: fields.metadata } };
  return asBoolean(evaluate(program.root, { scope, budget }));
}

interface Context {
  readonly scope: Scope;
  readonly budget: RuleBudget;
}

function evaluate(node: ExpressionNode, context: Context): JsonValue {
  context.budget.spend();
  switch (node[0]) {
    case 'value':
      return node[1];
    case 'name':
      return lookUp(node[1], context);
    case 'select':
      return member(evaluate(node[1], context), node[2], context.budget);
    case 'has':
      return findMember(evaluate(node[1], context), node[2], context.budget) !== undefined;
    case 'index':
      return member(evaluate(node[1], context), evaluate(node[2], context), context.budget);
    case 'list':
      return node[1].map((item) => evaluate(item, context));
    case 'object':
      return Object.fromEntries(
        node[1].map(([key, value]) => [keyOf(evaluate(key, context)), evaluate(value, context)]),
      );
    case 'not':
      return !asBoolean(evaluate(node[1], context));
    case 'negate':
      return callFunction('-', [0, evaluate(node[1], context)], context.budget);
    case 'and':
      return either(false, [node[1], node[2]], context);
    case 'or':
      return either(true, [node[1], node[2]], context);
    case 'choose':
      return evaluate(asBoolean(evaluate(node[1], context)) ? node[2] : node[3], context);
    case 'call':
      return callFunction(
        node[1],
        node[2].map((operand) => evaluate(operand, context)),
        context.budget,
      );
    case 'each':
      return forEach(node[1], node[2], context);
  }
}

/** CEL's "and" and "or": the side that decides does so even when the other one is in error. */
function either(decisive: boolean, sides: readonly ExpressionNode[], context: Context): boolean {
  let fault: ExpressionFault | undefined;
  for (const side of sides) {
    try {
      if (asBoolean(evaluate(side, context)) === decisive) return decisive;
    } catch (error) {
      fault = faultOf(error, context.budget);
    }
  }
  if (fault !== undefined) throw fault;
  return !decisive;
}

/** Whatever else was thrown goes on. An error costs more to make than a step, and a long list may make one for each item. */
function faultOf(error: unknown, budget: RuleBudget): ExpressionFault {
  if (!(error instanceof ExpressionFault)) throw error;
  budget.spend(STEPS_PER_FAULT);
  return error;
}

const STEPS_PER_FAULT = 40;

function forEach(macro: Comprehension, parts: EachParts, context: Context): JsonValue {
  const items = itemsOf(evaluate(parts.over, context), context.budget);
  const within = (value: JsonValue): Context => ({
    ...context,
    scope: { name: parts.variable, value, outer: context.scope },
  });
  const { condition, result } = parts;
  const { budget } = context;
  const holds = (item: JsonValue) => condition === undefined || asBoolean(evaluate(condition, within(item)));
  switch (macro) {
    case 'all':
      return decided(false, { items, holds, budget });
    case 'exists':
      return decided(true, { items, holds, budget });
    case 'exists_one':
      return items.filter(holds).length === 1;
    case 'filter':
      return items.filter(holds);
    case 'map':
      return items.filter(holds).map((item) => (result === undefined ? item : evaluate(result, within(item))));
  }
}

interface Deciding {
  readonly items: readonly JsonValue[];
  readonly holds: (item: JsonValue) => boolean;
  readonly budget: RuleBudget;
}

/** As with `either`: one item that decides does so, whatever is wrong with the others. */
function decided(decisive: boolean, { items, holds, budget }: Deciding): boolean {
  let fault: ExpressionFault | undefined;
  for (const item of items) {
    try {
      if (holds(item) === decisive) return decisive;
    } catch (error) {
      fault = faultOf(error, budget);
    }
  }
  if (fault !== undefined) throw fault;
  return !decisive;
}

function lookUp(name: string, { scope, budget }: Context): JsonValue {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    budget.spend();
    if (at.name === name) return at.value;
  }
  throw new ExpressionFault(`unknown variable "${name}"`);
}

function member(value: JsonValue, key: JsonValue, budget: RuleBudget): JsonValue {
  const found = findMember(value, key, budget);
  if (found === undefined) throw new ExpressionFault(`there is no ${keyInWords(key)}`);
  return found;
}

function findMember(value: JsonValue, key: JsonValue, budget: RuleBudget): JsonValue | undefined {
  if (Array.isArray(value) && typeof key === 'number') return (value as readonly JsonValue[])[key];
  if (isJsonObject(value) && typeof key === 'string') {
    budget.spendOnText(key.length);
    return ownValue(value, key);
  }
  throw new ExpressionFault(`cannot look up ${keyInWords(key)} in ${kindOf(value)}`);
}

/** A key may be anything that an expression gives: a list of the whole token, say. */
function keyInWords(key: JsonValue): string {
  if (typeof key === 'object' && key !== null) return kindOf(key);
  return JSON.stringify(typeof key === 'string' ? shorten(key) : key);
}

function itemsOf(value: JsonValue, budget: RuleBudget): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  if (!isJsonObject(value)) throw new ExpressionFault(`${kindOf(value)} has no items`);
  const keys = Object.keys(value);
  budget.spendOnKeys(keys.length);
  return keys;
}

function keyOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  throw new ExpressionFault(`the key of an object is a text, not ${kindOf(value)}`);
}

function asBoolean(value: JsonValue): boolean {
  if (typeof value === 'boolean') return value;
  throw new ExpressionFault(`expected true or false, not ${kindOf(value)}`);
}
