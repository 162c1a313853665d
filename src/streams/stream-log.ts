import type { AttemptStartCode } from '../core/codes.js';
import type { StreamEvent, StreamEventBody, TerminalEventBody } from '../core/streams/stream-event.js';

/**
 * The event log of all executions: the only place where a stream's text exists before the answer is stored.
 * One per process, over a fixed few connections, however many executions are live.
 *
 * Invariants that every backend keeps, enforced in the backend and together with the append:
 * 1. sequences of an execution run from 0 without holes, across attempts and turns;
 * 2. only the writer of the highest epoch appends; an older one is refused, also one that never opened before;
 * 3. exactly one terminal event, and nothing after it;
 * 4. an append is stored whole or not at all, and storing it again changes nothing.
 */
export interface StreamLog {
  /** How long a writer had better gather text into one append, in milliseconds; absent: as it likes. */
  readonly gatherMs?: number;
  /**
   * Becomes the writer and appends `attempt_started`, in one step. Safe to repeat with the same epoch.
   * Throws StreamFenced when a later epoch has opened or the stream is closed.
   */
  open(executionId: string, claim: WriterClaim): Promise<StreamWriter>;
  /**
   * Appends events behind what the writer of a turn has written, whoever calls: for what follows when that has ended. False
   * when the log has gone on to another turn, is closed or was never opened. To repeat it may append them twice.
   */
  tell(executionId: string, turn: number, events: readonly StreamEventBody[]): Promise<boolean>;
  /**
   * Appends the terminal event, whoever calls; every writer is refused from then on. Only the first call writes;
   * each returns the sequence of the terminal event that is there.
   */
  close(executionId: string, terminal: StreamEnding): Promise<number>;
  /** What the log holds from each range's `from` on: one round trip for all ranges. Never waits for new events. */
  read(ranges: readonly StreamRange[]): Promise<readonly StreamPage[]>;
  /**
   * Calls `onWake` about new entries of one execution: only stored ones; a wake-up may be lost or repeated, and
   * `changed` follows every (re)connect. Returns the function that ends it.
   */
  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void;
  remove(executionIds: readonly string[]): Promise<void>;
  shutdown(): Promise<void>;
}

export interface WriterClaim {
  /** A whole number, exact in a double, that rises across attempts, turns and workflow resets. */
  readonly epoch: number;
  readonly turn: number;
  /** Goes out as the `status` of `attempt_started`. */
  readonly reason: AttemptStartCode;
}

export interface StreamWriter {
  /** Per turn, from 1, given by the log. */
  readonly attempt: number;
  /**
   * All or nothing; one call in flight. The appends of all writers of the process share backend calls.
   * Safe to repeat. Throws StreamFenced: stop for good. Throws StreamLost: the log no longer has what came before;
   * open again with the same epoch and append the whole text so far.
   */
  append(events: readonly StreamEventBody[]): Promise<void>;
}

export interface StreamEnding {
  readonly turn: number;
  readonly attempt: number;
  readonly body: TerminalEventBody;
}

/**
 * Events that were appended together. `opening` is random per open, and the terminal event's own: it tells a log that
 * grew again after data loss.
 */
export interface StreamEntry {
  readonly first: number;
  readonly opening: string;
  readonly events: readonly StreamEvent[];
}

export interface StreamRange {
  readonly executionId: string;
  readonly from: number;
  /** At most so many entries. */
  readonly limit: number;
}

export interface StreamPage {
  readonly executionId: string;
  readonly state: 'absent' | 'open' | 'closed';
  /** The sequence that the next event of this log will get. */
  readonly next: number;
  /** In order, without holes; the first may begin before `from`. */
  readonly entries: readonly StreamEntry[];
}

export type StreamWake = { readonly kind: 'entry'; readonly entry: StreamEntry } | { readonly kind: 'changed' };

/** Another writer with a later epoch has the stream, or it is closed. */
export class StreamFenced extends Error {
  override readonly name = 'StreamFenced';

  constructor(executionId: string) {
    super(`the stream of execution ${executionId} belongs to a later writer or is closed`);
  }
}

/** The backend lost the tail that this writer appended to. */
export class StreamLost extends Error {
  override readonly name = 'StreamLost';

  constructor(executionId: string) {
    super(`the stream of execution ${executionId} lost entries that were written`);
  }
}
