import { Environment, type ASTNode } from '@marcbachmann/cel-js';
import { LRUCache } from 'lru-cache';

import { RULE_LIMITS } from '../definitions/definition-limits.js';
import { losesDigits } from '../json/inexact-integer.js';
import type {
  Comprehension,
  EachParts,
  ExpressionFunction,
  ExpressionNode,
  ExpressionProgram,
} from '../rules/expression.js';

const { expressionLength } = RULE_LIMITS;
const MAX_NODES = 1000;
const MAX_DEPTH = 100;
const MAX_FIELDS = 20;

const ROOTS: ReadonlySet<string> = new Set(['data', 'metadata']);
const COMPREHENSIONS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);
/** Functions by how they are written, each with its number of arguments (a method's target counts). */
const FUNCTIONS: Readonly<Record<'call' | 'rcall', Readonly<Record<string, number>>>> = {
  call: { size: 1, string: 1, int: 1, double: 1 },
  rcall: { size: 1, contains: 2, startsWith: 2, endsWith: 2, lowerAscii: 1, upperAscii: 1, trim: 1 },
};

const environment = jsonEnvironment();

/** In characters, of all expressions that are remembered: a program takes some ten times as much. */
const MAX_REMEMBERED = 512 * 1024;

/**
 * The same few expressions are parsed when a definition is checked, measured, saved and used, and a page of tokens asks for
 * those of each. The one that was not asked for longest is forgotten first.
 */
const known = new LRUCache<string, { readonly compiled: ExpressionProgram | string }>({
  maxSize: MAX_REMEMBERED,
  sizeCalculation: (_program, text) => text.length + 1,
});

/** Parses a CEL expression over `data` and `metadata`, or says in words what is wrong with it. */
export function compileExpression(text: string): ExpressionProgram | string {
  if (text.length > expressionLength) return `an expression has at most ${expressionLength} characters`;
  const compiled = known.get(text)?.compiled ?? compile(text);
  known.set(text, { compiled });
  return compiled;
}

function compile(text: string): ExpressionProgram | string {
  try {
    const parsed = environment.parse(text);
    // Ours first: it says what to do where the library would accept, or know only that there is no such function.
    const root = new Compiler().node(parsed.ast);
    const checked = parsed.check();
    if (!checked.valid) return firstLine(checked.error?.message ?? 'it is not valid');
    if (checked.type !== 'bool' && checked.type !== 'dyn')
      return `it gives ${checked.type ?? 'something'}, not true or false`;
    return { root, fields: [...new Set(fieldsIn(root))].slice(0, MAX_FIELDS) };
  } catch (error) {
    if (error instanceof Error) return firstLine(error.message);
    throw error;
  }
}

/** Knows our two roots, and that JSON has one kind of number. */
function jsonEnvironment(): Environment {
  const limits = { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH, maxListElements: 500, maxMapEntries: 100 };
  const known = new Environment({ limits, homogeneousAggregateLiterals: false })
    .registerVariable('data', 'map')
    .registerVariable('metadata', 'map');
  for (const operator of ['+', '-', '*', '/']) {
    known.registerOperator(`int ${operator} double: double`, () => 0);
    known.registerOperator(`double ${operator} int: double`, () => 0);
  }
  known.registerOperator('int == double', () => false);
  return known;
}

/** The library marks the spot in further lines; a problem has one. */
function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

class UnsupportedExpression extends Error {}

/** Turns the library's tree into ours: what our evaluator knows, and nothing else. */
class Compiler {
  readonly #variables: string[] = [];

  node({ op, args }: ASTNode): ExpressionNode {
    switch (op) {
      case 'value':
        return ['value', literal(args)];
      case 'id':
        return this.#name(args);
      case '.':
        return ['select', this.node(args[0]), args[1]];
      case '[]':
        return ['index', this.node(args[0]), this.node(args[1])];
      case 'list':
        return ['list', args.map((item) => this.node(item))];
      case 'map':
        return ['object', args.map(([key, value]) => [this.node(key), this.node(value)] as const)];
      case '!_':
        return ['not', this.node(args)];
      case '-_':
        return ['negate', this.node(args)];
      case '&&':
        return ['and', this.node(args[0]), this.node(args[1])];
      case '||':
        return ['or', this.node(args[0]), this.node(args[1])];
      case '?:':
        return ['choose', this.node(args[0]), this.node(args[1]), this.node(args[2])];
      case 'call':
        return args[0] === 'has' ? this.#has(args[1]) : this.#call('call', args[0], args[1]);
      case 'rcall':
        return this.#method(...args);
      case '.?':
      case '[?]':
        throw new UnsupportedExpression('optional selection is not supported: use has(…)');
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case 'in':
        return ['call', op, args.map((operand) => this.node(operand))];
    }
  }

  #name(name: string): ExpressionNode {
    if (ROOTS.has(name) || this.#variables.includes(name)) return ['name', name];
    throw new UnsupportedExpression(`unknown variable "${name}": a rule sees data and metadata`);
  }

  #has([field]: readonly ASTNode[]): ExpressionNode {
    if (field?.op !== '.') throw new UnsupportedExpression('has(…) takes a field, such as has(data.score)');
    return ['has', this.node(field.args[0]), field.args[1]];
  }

  #method(name: string, target: ASTNode, parameters: readonly ASTNode[]): ExpressionNode {
    if (isComprehension(name)) return ['each', name, this.#each(name, target, parameters)];
    return this.#call('rcall', name, [target, ...parameters]);
  }

  #call(form: 'call' | 'rcall', name: string, operands: readonly ASTNode[]): ExpressionNode {
    if (!isFunction(form, name)) throw new UnsupportedExpression(unsupported(name));
    if (operands.length !== FUNCTIONS[form][name])
      throw new UnsupportedExpression(`wrong number of arguments: ${name}`);
    return ['call', name, operands.map((operand) => this.node(operand))];
  }

  #each(macro: Comprehension, target: ASTNode, [variable, ...bodies]: readonly ASTNode[]): EachParts {
    const over = this.node(target);
    if (variable?.op !== 'id') throw new UnsupportedExpression(`${macro}(…) names its variable first`);
    this.#variables.push(variable.args);
    const [first, second] = bodies.map((body) => this.node(body));
    this.#variables.pop();
    const fits = first !== undefined && bodies.length <= (macro === 'map' ? 2 : 1);
    if (!fits) throw new UnsupportedExpression(`wrong number of arguments: ${macro}`);
    const parts = { over, variable: variable.args };
    if (macro !== 'map') return { ...parts, condition: first };
    return second === undefined ? { ...parts, result: first } : { ...parts, condition: first, result: second };
  }
}

function literal(value: unknown): string | number | boolean | null {
  if (typeof value === 'bigint' && losesDigits(value.toString()))
    throw new UnsupportedExpression('the number is too large to be exact');
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'number') throw new UnsupportedExpression('the number is too large for JSON');
  throw new UnsupportedExpression('a token holds JSON: write numbers without "u", and text instead of bytes');
}

function unsupported(name: string): string {
  if (name === 'matches') {
    return '"matches" is not supported, since a pattern may run for ever: use contains, startsWith or endsWith';
  }
  const names = [...Object.keys(FUNCTIONS.call), ...Object.keys(FUNCTIONS.rcall), 'has', ...COMPREHENSIONS];
  return `"${name}" is not supported; there are ${[...new Set(names)].join(', ')}`;
}

function isComprehension(name: string): name is Comprehension {
  return COMPREHENSIONS.has(name);
}

function isFunction(form: 'call' | 'rcall', name: string): name is ExpressionFunction {
  return Object.hasOwn(FUNCTIONS[form], name);
}

/** The longest paths from data and metadata that the expression names. */
function fieldsIn(node: ExpressionNode): readonly string[] {
  const path = pathOf(node);
  if (path !== undefined) return [path];
  return childrenOf(node).flatMap(fieldsIn);
}

function pathOf(node: ExpressionNode): string | undefined {
  if (node[0] === 'name') return ROOTS.has(node[1]) ? node[1] : undefined;
  if (node[0] !== 'select' && node[0] !== 'has') return undefined;
  const parent = pathOf(node[1]);
  return parent === undefined ? undefined : `${parent}.${node[2]}`;
}

function childrenOf(node: ExpressionNode): readonly ExpressionNode[] {
  switch (node[0]) {
    case 'value':
    case 'name':
      return [];
    case 'select':
    case 'has':
    case 'not':
    case 'negate':
      return [node[1]];
    case 'index':
    case 'and':
    case 'or':
      return [node[1], node[2]];
    case 'choose':
      return [node[1], node[2], node[3]];
    case 'list':
      return node[1];
    case 'object':
      return node[1].flat();
    case 'call':
      return node[2];
    case 'each': {
      const { over, condition, result } = node[2];
      return [over, condition, result].filter((part) => part !== undefined);
    }
  }
}
