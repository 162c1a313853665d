import type { JsonValue } from '../json/json.js';

/** What an expression may call; operators are functions of two. */
export type ExpressionFunction =
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | 'in'
  | 'size'
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | 'lowerAscii'
  | 'upperAscii'
  | 'trim'
  | 'string'
  | 'int'
  | 'double';

/** Macros over a list, or over the keys of an object. */
export type Comprehension = 'all' | 'exists' | 'exists_one' | 'filter' | 'map';

/** A parsed expression as JSON: what travels into a Temporal workflow, where no parser is loaded. */
export type ExpressionNode =
  | readonly ['value', JsonValue]
  | readonly ['name', string]
  | readonly ['select' | 'has', ExpressionNode, string]
  | readonly ['index', ExpressionNode, ExpressionNode]
  | readonly ['list', readonly ExpressionNode[]]
  | readonly ['object', readonly (readonly [ExpressionNode, ExpressionNode])[]]
  | readonly ['not' | 'negate', ExpressionNode]
  | readonly ['and' | 'or', ExpressionNode, ExpressionNode]
  | readonly ['choose', ExpressionNode, ExpressionNode, ExpressionNode]
  | readonly ['call', ExpressionFunction, readonly ExpressionNode[]]
  | readonly ['each', Comprehension, EachParts];

export interface EachParts {
  readonly over: ExpressionNode;
  readonly variable: string;
  /** The condition, and for `map` what is made of an item; `map` may have both. */
  readonly condition?: ExpressionNode;
  readonly result?: ExpressionNode;
}

export interface ExpressionProgram {
  readonly root: ExpressionNode;
  /** The fields that it names, as token paths: what a person needs to see to understand the outcome. */
  readonly fields: readonly string[];
}

/** Programs by the text that they were parsed from. */
export type ExpressionPrograms = Readonly<Record<string, ExpressionProgram>>;
