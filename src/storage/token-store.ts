import type { TokenRecord } from '../core/token-record.js';
import type { Token, TokenEvent, TokenEventType, TokenStatus } from '../core/token.js';
import type { Page, PageRequest } from './page.js';

export type { TokenRecord } from '../core/token-record.js';

/** A token event as read: numbered 1, 2, 3 … within one token, in the order in which they were recorded. */
export interface StoredTokenEvent extends TokenEvent {
  readonly tokenId: string;
  readonly workflowId: string;
  readonly sequence: number;
}

export interface TokenFilter {
  readonly workflowId?: string;
  readonly place?: string;
  readonly status?: TokenStatus;
  readonly hasIncident?: boolean;
}

/** The read model of tokens. The truth is the token's Temporal workflow. */
export interface TokenStore {
  /**
   * Records a change; idempotent, and safe when records arrive late: within a chain an older version never replaces
   * a newer one. A record of another chain replaces the token when it was created later, and is ignored otherwise.
   */
  record(record: TokenRecord): Promise<void>;
  /** Adds an event that the token's Temporal workflow does not know of, such as a refusal that the API answered. */
  appendEvent(tokenId: string, event: TokenEvent): Promise<void>;
  /** Makes an active token TERMINATED: its Temporal workflow was ended from outside. False when it is not active. */
  terminate(id: string, how: { readonly now: string; readonly reason: string }): Promise<boolean>;
  get(id: string): Promise<Token | undefined>;
  list(filter: TokenFilter, page: PageRequest): Promise<Page<Token>>;
  /** Oldest first; `after` is exclusive. */
  listEvents(
    tokenId: string,
    range: { after: number; first: number; type?: TokenEventType },
  ): Promise<readonly StoredTokenEvent[]>;
}
