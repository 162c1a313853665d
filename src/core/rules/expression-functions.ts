import type { ExpressionFunction } from './expression.js';
import { containsText } from '../json/contains-text.js';
import { losesDigits } from '../json/inexact-integer.js';
import { isJsonObject, jsonEquals, type JsonValue } from '../json/json.js';
import { shorten } from '../json/preview.js';
import type { RuleBudget } from './rule-budget.js';

/** Why an expression is neither true nor false of a token, in words. */
export class ExpressionFault extends Error {}

/** What a function of the expression language gives. Throws ExpressionFault where it gives nothing. */
export function callFunction(name: ExpressionFunction, operands: readonly JsonValue[], budget: RuleBudget): JsonValue {
  const [left = null, right = null] = operands;
  for (const operand of operands) if (typeof operand === 'string') budget.spendOnText(operand.length);
  switch (name) {
    case '==':
      return jsonEquals(left, right, budget);
    case '!=':
      return !jsonEquals(left, right, budget);
    case '<':
      return compare(left, right) < 0;
    case '<=':
      return compare(left, right) <= 0;
    case '>':
      return compare(left, right) > 0;
    case '>=':
      return compare(left, right) >= 0;
    case '+':
      return add(left, right, budget);
    case '-':
    case '*':
    case '/':
    case '%':
      return calculate(name, left, right);
    case 'in':
      return isIn(left, right, budget);
    case 'size':
      return sizeOf(left, budget);
    case 'contains':
      return containsText(letterByLetter(left, budget), textOf(right));
    case 'startsWith':
      return textOf(left).startsWith(textOf(right));
    case 'endsWith':
      return textOf(left).endsWith(textOf(right));
    case 'lowerAscii':
      return letterByLetter(left, budget).replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
    case 'upperAscii':
      return letterByLetter(left, budget).replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase());
    case 'trim':
      return textOf(left).trim();
    case 'string':
      return toText(left);
    case 'int':
      return toInteger(left);
    case 'double':
      return toNumber(left);
  }
}

/** Of a value, for a person. */
export function kindOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'number') return 'a number';
  return typeof value === 'boolean' ? String(value) : 'an object';
}

/** Orders two numbers, or two texts by code units (so RFC 3339 times compare). */
function compare(left: JsonValue, right: JsonValue): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : Number(left > right);
  throw new ExpressionFault(`cannot compare ${kindOf(left)} with ${kindOf(right)}`);
}

function add(left: JsonValue, right: JsonValue, budget: RuleBudget): JsonValue {
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (Array.isArray(left) && Array.isArray(right)) {
    budget.spend(left.length + right.length);
    return [...(left as readonly JsonValue[]), ...(right as readonly JsonValue[])];
  }
  return calculate('+', left, right);
}

function calculate(operator: '+' | '-' | '*' | '/' | '%', left: JsonValue, right: JsonValue): number {
  if (typeof left !== 'number' || typeof right !== 'number') {
    throw new ExpressionFault(`cannot calculate ${kindOf(left)} ${operator} ${kindOf(right)}`);
  }
  const result = arithmetic[operator](left, right);
  if (!Number.isFinite(result)) throw new ExpressionFault(`${left} ${operator} ${right} is not a number`);
  return result;
}

const arithmetic = {
  '+': (left: number, right: number) => left + right,
  '-': (left: number, right: number) => left - right,
  '*': (left: number, right: number) => left * right,
  '/': (left: number, right: number) => left / right,
  '%': (left: number, right: number) => left % right,
};

function isIn(item: JsonValue, container: JsonValue, budget: RuleBudget): boolean {
  if (Array.isArray(container)) {
    return (container as readonly JsonValue[]).some((member) => jsonEquals(member, item, budget));
  }
  if (isJsonObject(container) && typeof item === 'string') return Object.hasOwn(container, item);
  throw new ExpressionFault(`cannot look for ${kindOf(item)} in ${kindOf(container)}`);
}

/** Of a text in code points, as everywhere in CEL. */
function sizeOf(value: JsonValue, budget: RuleBudget): number {
  if (typeof value === 'string') return codePointsIn(letterByLetter(value, budget));
  if (Array.isArray(value)) return value.length;
  if (!isJsonObject(value)) throw new ExpressionFault(`${kindOf(value)} has no size`);
  const { length } = Object.keys(value);
  budget.spendOnKeys(length);
  return length;
}

function codePointsIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (isTrailing(text.charCodeAt(at)) && isLeading(text.charCodeAt(at - 1))) continue;
    count += 1;
  }
  return count;
}

function isLeading(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isTrailing(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function textOf(value: JsonValue): string {
  if (typeof value === 'string') return value;
  throw new ExpressionFault(`expected a text, not ${kindOf(value)}`);
}

/** A text of which every letter is looked at or written anew. */
function letterByLetter(value: JsonValue, budget: RuleBudget): string {
  const text = textOf(value);
  budget.spendOnLetters(text.length);
  return text;
}

function toText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new ExpressionFault(`cannot make a text of ${kindOf(value)}`);
}

function toInteger(value: JsonValue): number {
  if (typeof value === 'string' && losesDigits(value))
    throw new ExpressionFault(`the whole number ${shorten(value)} would lose digits: compare it as text`);
  return Math.trunc(toNumber(value));
}

function toNumber(value: JsonValue): number {
  if (typeof value === 'number') return value;
  const isNumeral = typeof value === 'string' && /^[+-]?\d{1,300}(?:\.\d{1,300})?(?:[eE][+-]?\d{1,3})?$/.test(value);
  const number = isNumeral ? Number(value) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw new ExpressionFault(`cannot make a number of ${kindOf(value)}`);
}
