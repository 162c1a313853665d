import type { AuditEntry } from '../core/audit/audit-entry.js';

/** Takes what is to be told of what callers do. */
export interface AuditLog {
  /** Resolves when it is stored; or, where storage does not take it, when it is kept here for later, which is said loudly. Never throws. */
  tell(entry: AuditEntry): Promise<void>;
  /** Tells of something that anybody can bring about as often as they like: the same of one minute is joined, and counted. */
  tellJoined(entry: AuditEntry): void;
  /** Whether so much is kept here that nothing should be done that would have to be told. */
  readonly isFull: boolean;
  /** Everything that was told here, and is stored, is in the chain. Throws UNAVAILABLE. */
  caughtUp(): Promise<void>;
}
