import type { StoredAnswer } from '../core/executions/stored-answer.js';

/** A turn of an execution that waits for a batch, as it is sent. */
export interface BatchRequest {
  readonly executionId: string;
  readonly turn: number;
  /** What the provider calls its line: of this turn of this execution only. */
  readonly customId: string;
  /** Those of a group can go in one batch. */
  readonly groupId: string;
  /** Of the address that a stream would call. */
  readonly path: string;
  /** What it would send, as JSON. */
  readonly body: string;
}

/** Who joins and leaves, and when: RFC 3339. */
export interface BatchCaller {
  /** The run of the Temporal workflow: a reset one is another, and may join again. */
  readonly runId: string;
  readonly now: string;
}

/** A line of a batch, without what it says. */
export interface BatchPlace extends Pick<BatchRequest, 'executionId' | 'turn' | 'customId'> {
  readonly isAnswered: boolean;
}

/** How long a turn waits already, and for which batch. */
export interface BatchWait {
  /** RFC 3339. */
  readonly joinedAt: string;
  /** Absent: it is in none yet. */
  readonly batchId?: string;
  readonly isAnswered: boolean;
}

/** How much goes in one batch: a request that is larger by itself goes alone. */
export interface BatchLimits {
  readonly lines: number;
  /** Of their bodies together, in bytes of UTF-8. */
  readonly bytes: number;
}

/** How a batch was submitted, as far as anybody here knows. Times: RFC 3339. */
export interface BatchSubmission {
  /** Before anything was sent, and before it was last sent. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** How many requests it had then. */
  readonly lines: number;
  /** The account that it was sent to, and stays with; absent: an earlier version sent it. */
  readonly account?: string;
  /** The provider's id of it; absent: nobody has heard yet that the provider took it. */
  readonly providerBatchId?: string;
}

export interface BegunSubmission {
  readonly accounts: readonly [string, ...string[]];
  readonly lines: number;
  readonly now: string;
}

/** The turns that wait for a batch, and what came of them. Every method may be repeated. */
export interface BatchStore {
  /** Keeps a request from now on; one of the same turn stays as it is. False: the same run has left before, so nothing of it is kept. */
  join(request: BatchRequest, caller: BatchCaller): Promise<boolean>;
  /** Forgets a request, and what came of it: what comes later is of no line, also a request that this run made before, and that is late. */
  leave(turn: Pick<BatchRequest, 'executionId' | 'turn'>, caller: BatchCaller): Promise<void>;
  /**
   * Puts the oldest requests of a group that are in no batch into a batch; says how many it has. A batch that has some already gets no
   * more.
   */
  claim(groupId: string, batchId: string, limits: BatchLimits): Promise<number>;
  /** All that a batch has, in the order of its lines. */
  requestsIn(batchId: string): Promise<readonly BatchRequest[]>;
  placesIn(batchId: string): Promise<readonly BatchPlace[]>;
  /** Keeps what came of a line; what was kept of it first stays. False where the batch has no such line. */
  answer(batchId: string, customId: string, answer: StoredAnswer): Promise<boolean>;
  /** Keeps the same of all lines of which nothing is kept. */
  answerRest(batchId: string, answer: StoredAnswer): Promise<void>;
  /** Undefined where the turn does not wait, or has left. */
  waitOf(executionId: string, turn: number): Promise<BatchWait | undefined>;
  answerOf(executionId: string, turn: number): Promise<StoredAnswer | undefined>;
  /**
   * Notes that a batch is about to be submitted, from now (RFC 3339) on, and gives the account for it: where it was sent before, else that of
   * the given ones which has the fewest lines under way, the first of equals.
   */
  beginSubmission(batchId: string, begun: BegunSubmission): Promise<string>;
  /**
   * The provider has refused it for certain: nothing of it was submitted by who began to at `lastAt`. One that it took stays noted, and one
   * that somebody else has begun to submit since.
   */
  dropSubmission(batchId: string, lastAt: string): Promise<void>;
  endSubmission(batchId: string, providerBatchId: string): Promise<void>;
  submissionOf(batchId: string): Promise<BatchSubmission | undefined>;
  /** The providers' ids of all batches that were submitted at a time (RFC 3339) or later. */
  submittedSince(time: string): Promise<readonly string[]>;
  /** Forgets what has been there since before a time: its executions were ended from outside. */
  forgetBefore(time: string): Promise<void>;
}
