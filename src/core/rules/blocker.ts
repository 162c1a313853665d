import type { BlockerCode, MigrationBlockerCode } from '../codes.js';
import type { JsonValue } from '../json/json.js';
import type { Rule } from './rule.js';

/** One reason why a transition cannot fire, or a token not go over to another version. */
export interface Blocker {
  readonly code: BlockerCode | MigrationBlockerCode;
  readonly message: string;
  readonly rule?: Rule;
  /** The value that the rule saw. */
  readonly actual?: JsonValue;
}
