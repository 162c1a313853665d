import type { AuditAnchor, AuditHead, AuditLink } from '../core/audit/audit-link.js';
import type { AuditEntry } from '../core/audit/audit-entry.js';
import type { Page, PageRequest } from './page.js';

export interface AuditFilter {
  readonly actor?: string;
  readonly action?: string;
  readonly subject?: string;
  /** At or after, RFC 3339 in UTC. */
  readonly since?: string;
  /** Before. */
  readonly until?: string;
}

/** An entry that was told, and is not in the chain yet. */
export interface WaitingEntry {
  readonly id: number;
  readonly entry: AuditEntry;
}

/** The end of the chain, and what is to follow it: as they were at one moment. */
export interface AuditEnd {
  /** Undefined: somebody has removed it, and nothing can be chained. */
  readonly head: AuditHead | undefined;
  readonly waiting: readonly WaitingEntry[];
}

/**
 * Keeps what was done by whom: a chain, and those entries that wait for their place in it. The other stores tell by themselves, in
 * the same step, what they change of executions and approvals.
 */
export interface AuditStore {
  /** Adds entries to those that wait. */
  tell(entries: readonly AuditEntry[]): Promise<void>;
  /** The oldest that wait, at most so many. */
  end(limit: number): Promise<AuditEnd>;
  /** Puts entries that waited behind the end, all in one step. False, and nothing is changed, where the chain has another end by now. */
  append(head: AuditHead, links: readonly AuditLink[], waiting: readonly number[]): Promise<boolean>;
  /** Of the chain, in its order, behind a sequence. */
  read(after: number, limit: number): Promise<readonly AuditLink[]>;
  /** Newest first. */
  list(filter: AuditFilter, page: PageRequest): Promise<Page<AuditLink>>;
  /** Undefined: nothing was ever removed. */
  anchor(): Promise<AuditAnchor | undefined>;
  /** The last of the entries that may be removed: it and all before it are older than a time, and they are at most so many. */
  lastBefore(time: string, most: number): Promise<AuditLink | undefined>;
  /**
   * Removes the entries up to the anchor, which takes the place of the one before, and tells of it, all in one step. False, and
   * nothing is changed, where an anchor is as far already.
   */
  removeUpTo(anchor: AuditAnchor, told: AuditEntry): Promise<boolean>;
}
