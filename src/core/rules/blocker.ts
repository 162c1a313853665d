import type { BlockerCode } from '../codes.js';
import type { JsonValue } from '../json/json.js';
import type { Rule } from './rule.js';

/** One reason why a transition cannot fire. */
export interface Blocker {
  readonly code: BlockerCode;
  readonly message: string;
  readonly rule?: Rule;
  /** The value that the rule saw. */
  readonly actual?: JsonValue;
}
