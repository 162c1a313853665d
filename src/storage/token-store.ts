import type { RunRecord } from '../core/tokens/token-record.js';
import type { Token, TokenEvent, TokenEventType, TokenStatus } from '../core/tokens/token.js';
import type { Ended, EndedPage } from './ended.js';
import type { Page, PageRequest } from './page.js';
import type { WorkflowLimit } from './workflow-limit.js';

export type { RunRecord } from '../core/tokens/token-record.js';

/** A token event as read: numbered 1, 2, 3 … within one token, in the order in which they were recorded. */
export interface StoredTokenEvent extends TokenEvent {
  readonly tokenId: string;
  readonly workflowId: string;
  readonly sequence: number;
}

export interface TokenFilter extends WorkflowLimit {
  readonly workflowId?: string;
  readonly workflowVersion?: number;
  readonly place?: string;
  readonly status?: TokenStatus;
  readonly hasIncident?: boolean;
}

/** Where a reader of the events of all tokens stands. Opaque. */
export type FeedPosition = string;

export interface FeedPage {
  readonly events: readonly StoredTokenEvent[];
  /** What the next read goes on from. */
  readonly position: FeedPosition;
  /** There is more to read, now or in a moment, and no wake-up will say so: read on. */
  readonly isBehind: boolean;
}

export interface TokenOrigin {
  /** The run of Temporal that the token was last recorded by. */
  readonly runId: string;
  /** A fingerprint of what `createToken` was asked. */
  readonly request?: string;
}

/** How many active tokens are in a place, and how many of them have an incident. */
export interface PlaceCount {
  readonly workflowId: string;
  readonly place: string;
  readonly tokens: number;
  readonly incidents: number;
}

/** What came of a record. */
export interface TokenRecorded {
  /** Ids of its executions under which something else than an execution of this token is stored. */
  readonly taken: readonly string[];
  /** Numbers of its events that were not there before: none of a record that is repeated. */
  readonly added: readonly number[];
}

/** The read model of tokens. The truth is the token's Temporal workflow. */
export interface TokenStore {
  /**
   * Records a change; idempotent, and safe when records arrive late: of one run, an older version never replaces
   * a newer one. The same version, or an event of the same number, decided later replaces the first: the workflow
   * task behind that one was lost, and never happened. A token that another run has recorded becomes this run's, whatever
   * its version, where that other run is named as the one that is followed; else nothing is written: undefined.
   */
  record(record: RunRecord, followed?: string): Promise<TokenRecorded | undefined>;
  /** Adds an event that the token's Temporal workflow does not know of, such as a refusal that the API answered. */
  appendEvent(tokenId: string, event: TokenEvent): Promise<void>;
  /**
   * Makes an active token TERMINATED: its Temporal workflow was ended from outside. False when it is not active, or another
   * run has recorded it than the one that is known to have ended.
   */
  terminate(
    id: string,
    how: { readonly now: string; readonly reason: string; readonly runId: string },
  ): Promise<boolean>;
  get(id: string): Promise<Token | undefined>;
  /** One for each id, in the order of the ids; undefined where there is none. Ids may repeat. */
  getMany(ids: readonly string[]): Promise<readonly (Token | undefined)[]>;
  /** What the token came from. */
  originOf(id: string): Promise<TokenOrigin | undefined>;
  list(filter: TokenFilter, page: PageRequest): Promise<Page<Token>>;
  /** Oldest first; `after` is exclusive. */
  listEvents(
    tokenId: string,
    range: { after: number; first: number; type?: TokenEventType },
  ): Promise<readonly StoredTokenEvent[]>;
  newestEvent(tokenId: string): Promise<StoredTokenEvent | undefined>;
  /** Where active tokens are, most first, at most 1000 places. It looks at all of them. */
  countActive(): Promise<readonly PlaceCount[]>;
  /**
   * The events of all tokens as they were recorded, after a position; without one, none, and where to begin. None is
   * skipped, whatever is written at the same time. Within a token they may come out of order: go by their sequence.
   */
  readFeed(after: FeedPosition | undefined, first: number): Promise<FeedPage>;
  /** Says when there may be something to read; may be lost or repeated. Returns the unwatch. */
  watchFeed(onWake: () => void): () => void;
  /** Tokens that ended before a time (RFC 3339), the oldest end first. */
  listEnded(endedBefore: string, page: EndedPage): Promise<readonly Ended[]>;
  /**
   * Removes a token that has ended, with its events. From then on no run records it but one that begins it anew: `record` takes
   * the deleted token's run for the one that recorded it last. False where there is none, it is active, or another run has recorded it.
   */
  delete(id: string, how: { readonly runId: string; readonly now: string }): Promise<boolean>;
  /** The run that had recorded a token last that was deleted; undefined where none was, or that is forgotten. */
  deletedRunOf(id: string): Promise<string | undefined>;
  /** Forgets so many of the tokens that were deleted before a time. Resolves with how many there were. */
  forgetDeleted(deletedBefore: string, limit: number): Promise<number>;
}
