import { canonicalJson } from '../json/json.js';
import type { AuditEntry } from './audit-entry.js';

/** Where the chain ends: what the next entry is chained to. */
export interface AuditHead {
  readonly sequence: number;
  /** SHA-256, hexadecimal. */
  readonly hash: string;
}

/** An entry in its place. Its hash is over the hash of the one before and what it says. */
export interface AuditLink extends AuditHead {
  readonly entry: AuditEntry;
}

/** Before the first entry. */
export const AUDIT_START: AuditHead = { sequence: 0, hash: '0'.repeat(64) };

/** Where the chain begins after its oldest entries were removed: at the last of them. */
export interface AuditAnchor extends AuditHead {
  /** RFC 3339. */
  readonly removedAt: string;
  /** How many were removed together with it. */
  readonly removed: number;
  /** HMAC-SHA-256, hexadecimal, by a secret of this installation; absent: there was none. */
  readonly signature?: string;
}

/** The text whose SHA-256 is the hash of an entry. */
export function linkText(before: AuditHead, entry: AuditEntry): string {
  return `${before.hash}\n${canonicalJson({ ...entry, sequence: before.sequence + 1 })}`;
}

/** The text that is signed of an anchor. */
export function anchorText({ sequence, hash, removedAt, removed }: AuditAnchor): string {
  return canonicalJson({ sequence, hash, removedAt, removed });
}
