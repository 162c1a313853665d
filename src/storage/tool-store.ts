import type { ToolOffer } from '../core/agents/tool-offer.js';
import type { ToolCallPlace, ToolOutcome } from '../core/executions/tool-call.js';

/** What is known of a call of a tool. */
export interface StoredToolCall {
  /** How many attempts have begun. */
  readonly attempts: number;
  /** Absent: none of them has ended, as far as is known. */
  readonly outcome?: ToolOutcome;
}

/** What the workers offer, and the calls of it. */
export interface ToolStore {
  /** Says that these tools are there at a time (RFC 3339), and forgets those of which that was last said before another. */
  offer(tools: readonly ToolOffer[], at: string, forgetBefore: string): Promise<void>;
  /** By name. */
  offers(): Promise<readonly ToolOffer[]>;
  /** Notes that an attempt at a call begins. To begin the same attempt again counts once, until another one has begun. */
  beginCall(place: ToolCallPlace, attempt: string): Promise<StoredToolCall>;
  /** Keeps the outcome of a call that has begun. The first one stays; it is what comes back. */
  endCall(place: ToolCallPlace, outcome: ToolOutcome): Promise<ToolOutcome>;
  /** The outcomes of the calls of a turn, by their index; of those without one nothing. */
  outcomes(executionId: string, turn: number): Promise<ReadonlyMap<number, ToolOutcome>>;
}
