import type { TransitionAvailability } from '../../core/engine/available-transitions.js';
import type { FireRequest } from '../../core/tokens/fire-request.js';
import type { Token } from '../../core/tokens/token.js';

/**
 * What an agent may do with the token that it runs for. Waits while a backend is away, until the signal aborts. What is refused
 * is thrown as a CircuitBreakerError.
 */
export interface TokenAccess {
  read(tokenId: string, signal: AbortSignal): Promise<Token>;
  /** The transitions out of the token's place, each with what stands against the execution's firing it now. */
  transitions(who: AgentOfToken, signal: AbortSignal): Promise<TokenTransitions>;
  /** Fires a transition, once for each idempotency key. */
  fire(tokenId: string, request: FireRequest, signal: AbortSignal): Promise<FiredTransition>;
}

export interface AgentOfToken {
  readonly tokenId: string;
  readonly executionId: string;
}

export interface TokenTransitions {
  readonly token: Token;
  readonly available: readonly TransitionAvailability[];
}

export interface FiredTransition {
  readonly token: Token;
  /** Of the transition's agent, where it has one: it is taken when that has answered. */
  readonly executionId?: string;
}
