import type { JsonValue } from '../json/json.js';

interface RuleNotes {
  readonly id?: string;
  readonly description?: string;
}

/** A condition on one field of a token. `field` is a path that starts at `data` or `metadata`. */
export type FieldRule = RuleNotes &
  (
    | { readonly type: 'FieldExists'; readonly field: string }
    | {
        readonly type: 'FieldEquals' | 'FieldGreaterThan' | 'FieldLessThan' | 'FieldContains';
        readonly field: string;
        readonly value: JsonValue;
      }
  );

/** A condition in CEL over `data` and `metadata`. */
export type ExpressionRule = RuleNotes & { readonly type: 'Expression'; readonly expression: string };

/** A condition on a token, as tagged JSON. Evaluated fail closed: what is in error does not hold, nor does its `Not`. */
export type Rule =
  | FieldRule
  | ExpressionRule
  | (RuleNotes & { readonly type: 'And' | 'Or'; readonly rules: readonly Rule[] })
  | (RuleNotes & { readonly type: 'Not'; readonly rule: Rule });
