import { Context } from '@temporalio/activity';

import type { AttemptErrorCode } from '../core/codes.js';
import type { PassedStop } from '../core/executions/provider-route.js';
import type { TokenUsage } from '../core/streams/stream-event.js';

/** What survives an attempt, and what the Temporal UI shows of one that runs. */
export interface AttemptDetails {
  readonly turn: number;
  /** Failures of providers so far; lost attempts are not among them. */
  readonly failures: number;
  /** Which stop of its route the turn is at; absent: its first, the agent's own provider. */
  readonly at?: number;
  /** How many of the failures are of the providers before that one; absent: none. */
  readonly failuresBefore?: number;
  /** The providers that it has gone past; absent: none. */
  readonly passed?: readonly PassedStop[];
  /** Set from when the turn leaves a provider until the attempt at the next one has begun. */
  readonly movedOn?: true;
  /** How often it was waited for a key: neither failures nor lost attempts. */
  readonly waits?: number;
  /** Why the attempt before this one ended, when it could still say so. */
  readonly lastFailure?: AttemptErrorCode;
  readonly chunks: number;
  readonly characters: number;
  /** The end of the answer so far. */
  readonly tail: string;
  /** Of the attempts so far, those that only waited for the answer to another execution; absent: none. */
  readonly equalWaits?: number;
  /** How long they waited together. */
  readonly equalWaitMs?: number;
  /** Where the provider counts as it goes: what a lost attempt has cost. */
  readonly usage?: TokenUsage;
}

export const TAIL_CHARACTERS = 200;
const BEAT_EVERY_MS = 1000;

/** What the attempts before this one left behind. */
export function previousDetails(context: Context, turn: number): AttemptDetails {
  const details: unknown = context.info.heartbeatDetails;
  const fresh = { turn, failures: 0, chunks: 0, characters: 0, tail: '' };
  return isAttemptDetails(details) && details.turn === turn ? details : fresh;
}

/** Which attempt this is, from 1, of those that were made to call the model. */
export function attemptsMade({ info }: Pick<Context, 'info'>, { equalWaits = 0 }: AttemptDetails): number {
  return info.attempt - equalWaits;
}

/** Beats every second, also while the model is silent: cancellation arrives only with a heartbeat's answer. */
export function keepBeating(context: Context, details: () => object): () => void {
  context.heartbeat(details());
  const timer = setInterval(() => {
    context.heartbeat(details());
  }, BEAT_EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}

/** Runs an activity whose loss is to be noticed soon, and of which nothing survives an attempt. */
export async function whileBeating<Result>(run: () => Promise<Result>): Promise<Result> {
  const stopBeating = keepBeating(Context.current(), () => ({}));
  try {
    return await run();
  } finally {
    stopBeating();
  }
}

function isAttemptDetails(details: unknown): details is AttemptDetails {
  return typeof details === 'object' && details !== null && 'turn' in details && 'failures' in details;
}
