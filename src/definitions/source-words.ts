import type { FieldRule, Rule } from '../core/rules/rule.js';

type Unit = 's' | 'm' | 'h' | 'd';

/** Seconds, or a text such as `30s`, `5m`, `1h30m` or `2d`. */
export type Duration = number | `${number}${Unit}` | `${number}${Unit}${number}${Unit}`;

/** What can be written in a token. */
export type WritablePath = `data.${string}` | `metadata.${string}`;

/** What can be read of a token. */
export type TokenPath = 'data' | 'metadata' | WritablePath;

/** What an agent is given of a token; with `?` at its end it may be absent. */
export type InputPath = TokenPath | 'data?' | 'metadata?';

type Notes = Pick<Rule, 'id' | 'description'>;
type WithPath<Each> = Each extends FieldRule ? Omit<Each, 'field'> & { readonly field: TokenPath } : never;

/** A rule, also in its short form: `{ when: 'data.score > 7.0' }`. */
export type RuleSource =
  | WithPath<FieldRule>
  | (Notes & { readonly type: 'Expression'; readonly expression: string })
  | (Notes & { readonly when: string })
  | (Notes & { readonly type: 'And' | 'Or'; readonly rules: readonly RuleSource[] })
  | (Notes & { readonly type: 'Not'; readonly rule: RuleSource });

/** The names in braces of a prompt, and whatever else stands in braces there. */
export type VariablesIn<
  Text extends string,
  Found extends string = never,
> = Text extends `${infer Before}}${infer Rest}` ? VariablesIn<Rest, Found | InLastBrace<Before>> : Found;

type InLastBrace<Text extends string> = Text extends `${string}{${infer Inside}`
  ? Inside extends `${string}{${string}`
    ? InLastBrace<Inside>
    : Trimmed<Inside>
  : never;

type Trimmed<Text extends string> = Text extends ` ${infer Rest}`
  ? Trimmed<Rest>
  : Text extends `${infer Rest} `
    ? Trimmed<Rest>
    : Text;

/** What an input of an agent with these prompts may be called: what they name, or anything where that is not to be seen, or all of it is shown. */
export type InputNames<Text extends string> = [IsOpen<Text>] extends [false] ? VariablesIn<Text> : string;

/** Of each text: whether it is known only when the program runs, lies in a file, or shows all inputs by `{input_data}`. */
type IsOpen<Text extends string> = string extends Text
  ? true
  : Text extends `.${string}.${'md' | 'txt'}`
    ? true
    : 'input_data' extends VariablesIn<Text>
      ? true
      : false;
