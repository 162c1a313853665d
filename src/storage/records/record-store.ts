import type { AgentStorageLimits } from '../agent-storage.js';

/** A record as it is there. */
export interface StoredRecord {
  readonly text: string;
  /** Another one with every change. */
  readonly revision: number;
}

export interface ListRange {
  readonly order: 'oldest' | 'newest';
  /** Members behind this text, which need not be there. */
  readonly above?: string;
  /** Members before this text. */
  readonly below?: string;
  readonly limit: number;
}

/**
 * What a server has to do that keeps agents: one record is changed where it is as it was read, and lists keep texts in their order.
 * Nothing is promised across records and lists: whoever uses them puts a record on a list before it is changed, and takes it off after.
 */
export interface RecordStore {
  readonly limits: AgentStorageLimits;
  /** One for each key, in their order; undefined where there is none. Keys may repeat. */
  getMany(keys: readonly string[]): Promise<readonly (StoredRecord | undefined)[]>;
  /**
   * Stores a record where it is as it was read: `revision`, or 0 where there was none. Gives its new revision; undefined, and nothing
   * is stored, where it is another by now. Throws STORAGE_REFUSED for what is too long.
   */
  put(key: string, text: string, revision: number): Promise<number | undefined>;
  remove(keys: readonly string[]): Promise<void>;
  /** Safe to repeat, like the next. A member has no U+0000. */
  addToList(list: string, member: string): Promise<void>;
  removeFromList(list: string, member: string): Promise<void>;
  readList(list: string, range: ListRange): Promise<readonly string[]>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
