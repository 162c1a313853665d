import type { JsonObject } from '../json/json.js';

/**
 * What was said of a call that a person has to approve: `expired` means that nobody said anything in time, which counts as
 * rejected.
 */
export interface ToolDecision {
  readonly decision: 'approved' | 'rejected' | 'expired';
  /** As the person changed them; absent: as the model wanted them. */
  readonly arguments?: JsonObject;
  /** Why it was rejected; absent: nobody said. */
  readonly reason?: string;
  /** Set when the rejection ends the execution. */
  readonly stop?: true;
  /** RFC 3339. */
  readonly decidedAt: string;
}
