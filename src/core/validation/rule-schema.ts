import { z } from 'zod';

import { RULE_LIMITS } from '../definitions/definition-limits.js';
import { compileExpression } from './compile-expression.js';
import { anyJson, listOf, text, withoutNulls } from './input-shape.js';
import { isJsonObject } from '../json/json.js';
import { parsePath } from '../json/path.js';
import type { Rule } from '../rules/rule.js';
import type { Parsed } from '../json/parsed.js';
import { problemsOf } from './schema-problems.js';

const { parts: MAX_RULE_PARTS, depth: MAX_RULE_DEPTH, fieldLength, expressionLength } = RULE_LIMITS;

const RULE_INVALID = 'RULE_INVALID';
const TYPES = 'FieldExists, FieldEquals, FieldGreaterThan, FieldLessThan, FieldContains, Expression, And, Or, Not';

/** Reads a rule from an input. Whatever was sent, it neither overflows the stack nor runs for long. */
export function parseRule(input: unknown, pointer: string): Parsed<Rule> {
  // First of all: the schema below recurses.
  const oversize = sizeFault(input);
  if (oversize !== undefined) return { problems: [{ code: RULE_INVALID, pointer, message: oversize }] };
  const parsed = ruleSchema.safeParse(input);
  if (parsed.success) return { value: parsed.data };
  return { problems: problemsOf(parsed.error, { base: pointer, code: RULE_INVALID }) };
}

function sizeFault(input: unknown): string | undefined {
  const waiting: { value: unknown; depth: number }[] = [{ value: input, depth: 1 }];
  let nodes = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    nodes += 1;
    if (nodes > MAX_RULE_PARTS) return `a rule may have at most ${MAX_RULE_PARTS} parts`;
    if (next.depth > MAX_RULE_DEPTH) return `rules may be nested ${MAX_RULE_DEPTH} deep at most`;
    const depth = next.depth + 1;
    for (const value of innerRules(next.value)) waiting.push({ value, depth });
  }
  return undefined;
}

function innerRules(rule: unknown): readonly unknown[] {
  if (!isJsonObject(rule)) return [];
  const { ['rules']: rules, ['rule']: inner } = rule;
  const list: readonly unknown[] = Array.isArray(rules) ? rules : [];
  return inner === undefined ? list : [...list, inner];
}

const notes = { id: text(200).exactOptional(), description: text(1000).exactOptional() };

const field = text(fieldLength).refine(
  (path) => parsePath(path) !== undefined,
  'must be a path that starts at data or metadata, such as data.score',
);

const comparable = z.union([z.number(), z.string()], 'must be a number or a text: nothing else can be compared');

const expression = text(expressionLength).superRefine((source, context) => {
  const compiled = compileExpression(source);
  if (typeof compiled === 'string') context.addIssue({ code: 'custom', message: compiled });
});

/** Recurses: for what parseRule has measured. */
export const ruleSchema: z.ZodType<Rule> = z.lazy(() =>
  z.preprocess(
    withoutNullNotes,
    z.discriminatedUnion(
      'type',
      [
        z.strictObject({ type: z.literal('FieldExists'), field, ...notes }),
        z.strictObject({ type: z.enum(['FieldEquals', 'FieldContains']), field, value: anyJson, ...notes }),
        z.strictObject({ type: z.enum(['FieldGreaterThan', 'FieldLessThan']), field, value: comparable, ...notes }),
        z.strictObject({
          type: z.enum(['And', 'Or']),
          rules: listOf(ruleSchema, MAX_RULE_PARTS).refine((rules) => rules.length > 0, 'must name a rule'),
          ...notes,
        }),
        z.strictObject({ type: z.literal('Expression'), expression, ...notes }),
        z.strictObject({ type: z.literal('Not'), rule: ruleSchema, ...notes }),
      ],
      `a rule is an object with a type, one of ${TYPES}`,
    ),
  ),
);

/** Null is absent everywhere but here: a field may be compared with null. */
function withoutNullNotes(input: unknown): unknown {
  if (!isJsonObject(input) || input['type'] === 'FieldExists' || !('value' in input)) return withoutNulls(input);
  return { ...(withoutNulls(input) as object), value: input['value'] };
}
