import type { AgentExecution } from '../executions/execution.js';
import type { Token, TokenEvent } from './token.js';

export interface NumberedEvent extends TokenEvent {
  readonly number: number;
}

/** What a token's Temporal workflow records after a change: written whole or not at all. */
export interface TokenRecord {
  readonly token: Token;
  /** First run id of the chain of Temporal runs behind the token: a reused token id is another chain. */
  readonly chainId: string;
  /** `number` counts events within the chain, from 1: recording the same number twice changes nothing. */
  readonly events: readonly NumberedEvent[];
  /** Executions that the change started: stored as PENDING before their id is given out. */
  readonly executions: readonly AgentExecution[];
  /** A fingerprint of what `createToken` was asked; absent: the token was started otherwise. */
  readonly request?: string;
}
