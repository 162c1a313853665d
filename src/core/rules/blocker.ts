import type { JsonValue } from '../json/json.js';
import type { Rule } from './rule.js';

export type BlockerCode =
  | 'UNKNOWN_TRANSITION'
  | 'NOT_ACTIVE'
  | 'WRONG_PLACE'
  | 'PENDING'
  | 'VERSION'
  | 'RULE_FALSE'
  | 'RULE_ERROR'
  | 'INPUT_MISSING';

/** One reason why a transition cannot fire. */
export interface Blocker {
  readonly code: BlockerCode;
  readonly message: string;
  readonly rule?: Rule;
  /** The value that the rule saw. */
  readonly actual?: JsonValue;
}
