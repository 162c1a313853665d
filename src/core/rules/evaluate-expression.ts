import type { EachParts, ExpressionNode, ExpressionProgram, Comprehension } from './expression.js';
import { callFunction, ExpressionFault, kindOf } from './expression-functions.js';
import { isJsonObject, ownValue, type JsonValue } from '../json/json.js';
import type { TokenFields } from '../json/path.js';
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
      return lookUp(node[1], context.scope);
    case 'select':
      return member(evaluate(node[1], context), node[2]);
    case 'has':
      return has(evaluate(node[1], context), node[2]);
    case 'index':
      return member(evaluate(node[1], context), evaluate(node[2], context));
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
      if (!(error instanceof ExpressionFault)) throw error;
      fault = error;
    }
  }
  if (fault !== undefined) throw fault;
  return !decisive;
}

function forEach(macro: Comprehension, parts: EachParts, context: Context): JsonValue {
  const items = itemsOf(evaluate(parts.over, context));
  const within = (value: JsonValue): Context => ({
    ...context,
    scope: { name: parts.variable, value, outer: context.scope },
  });
  const { condition, result } = parts;
  const holds = (item: JsonValue) => condition === undefined || asBoolean(evaluate(condition, within(item)));
  switch (macro) {
    case 'all':
      return decided(false, items, holds);
    case 'exists':
      return decided(true, items, holds);
    case 'exists_one':
      return items.filter(holds).length === 1;
    case 'filter':
      return items.filter(holds);
    case 'map':
      return items.filter(holds).map((item) => (result === undefined ? item : evaluate(result, within(item))));
  }
}

/** As with `either`: one item that decides does so, whatever is wrong with the others. */
function decided(decisive: boolean, items: readonly JsonValue[], holds: (item: JsonValue) => boolean): boolean {
  let fault: ExpressionFault | undefined;
  for (const item of items) {
    try {
      if (holds(item) === decisive) return decisive;
    } catch (error) {
      if (!(error instanceof ExpressionFault)) throw error;
      fault = error;
    }
  }
  if (fault !== undefined) throw fault;
  return !decisive;
}

function lookUp(name: string, scope: Scope | undefined): JsonValue {
  for (let at = scope; at !== undefined; at = at.outer) {
    if (at.name === name) return at.value;
  }
  throw new ExpressionFault(`unknown variable "${name}"`);
}

function member(value: JsonValue, key: JsonValue): JsonValue {
  const found = findMember(value, key);
  if (found === undefined) throw new ExpressionFault(`there is no ${JSON.stringify(key)}`);
  return found;
}

function findMember(value: JsonValue, key: JsonValue): JsonValue | undefined {
  if (Array.isArray(value) && typeof key === 'number') return (value as readonly JsonValue[])[key];
  if (isJsonObject(value) && typeof key === 'string') return ownValue(value, key);
  throw new ExpressionFault(`cannot look up ${JSON.stringify(key)} in ${kindOf(value)}`);
}

function has(value: JsonValue, key: string): boolean {
  return findMember(value, key) !== undefined;
}

function itemsOf(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  if (isJsonObject(value)) return Object.keys(value);
  throw new ExpressionFault(`${kindOf(value)} has no items`);
}

function keyOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  throw new ExpressionFault(`the key of an object is a text, not ${kindOf(value)}`);
}

function asBoolean(value: JsonValue): boolean {
  if (typeof value === 'boolean') return value;
  throw new ExpressionFault(`expected true or false, not ${kindOf(value)}`);
}
