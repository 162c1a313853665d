import type { AgentExecution } from '../executions/execution.js';
import type { Token, TokenEvent } from './token.js';

export interface NumberedEvent extends TokenEvent {
  readonly number: number;
}

/** What a token's Temporal workflow records after a change: written whole or not at all. */
export interface TokenRecord {
  readonly token: Token;
  /** `number` counts events within a life, from 1: a run that records the same number twice changes nothing. */
  readonly events: readonly NumberedEvent[];
  /** Executions that the change started: stored as PENDING before their id is given out. */
  readonly executions: readonly AgentExecution[];
  /** A fingerprint of what `createToken` was asked; absent: the token was started otherwise. */
  readonly request?: string;
}

/** A record, and the run of Temporal that records it. Whose run is the newest under its id, its token is the stored one. */
export interface RunRecord extends TokenRecord {
  readonly runId: string;
}
