import type { ProviderType } from '../agents/agent.js';
import type { AttemptErrorCode } from '../codes.js';

/**
 * A breaker stands before a model that has failed often lately. Closed, its failures are counted; open, whoever has another
 * provider goes there; half open, one call tries. Pure: how old a state is, is said by the clock of the storage that keeps it.
 */
export type BreakerState =
  | { readonly type: 'closed'; readonly failures: number }
  | { readonly type: 'open'; readonly code: AttemptErrorCode; readonly forMs: number }
  /** `trial` is the one call that tries; `forMs` is how long it may go without a sign of life. */
  | { readonly type: 'half-open'; readonly code: AttemptErrorCode; readonly forMs: number; readonly trial: string };

/** Which model, and where: whoever calls it there shares its breaker, with whatever key. */
export interface BreakerKey {
  readonly provider: ProviderType;
  /** Scheme, host and port; empty where no network is. */
  readonly origin: string;
  readonly model: string;
}

/** A state as storage keeps it. */
export interface KeptBreaker {
  readonly state: BreakerState;
  /** Since it is so, when it was read. */
  readonly ageMs: number;
  /** Names this very state. */
  readonly version: string;
}

/** How a breaker is for a call that is about to be made; `due`: it may be the one that tries. */
export type BreakerVerdict =
  { readonly type: 'closed' } | { readonly type: 'open' | 'due'; readonly code: AttemptErrorCode };

/** So many failures in a row open a breaker, where each came this soon after the one before it. */
const FAILURES = 5;
const ROW_MS = 30_000;
/** A trial whose worker died is over after this; one that lives says so three times as often. */
export const TRIAL_MS = 15_000;

/** The provider itself is unwell: it says so, breaks off or cannot be reached. Not what is wrong with a key or a request. */
const UNWELL: readonly AttemptErrorCode[] = ['overloaded', 'server', 'network', 'timeout', 'incomplete_stream'];

export function isUnwell(code: AttemptErrorCode): boolean {
  return UNWELL.includes(code);
}

/** The provider answers, though not with what was asked for. Of the other codes we may be the cause: no call may have been made. */
const WELL: readonly AttemptErrorCode[] = [
  'rate_limit',
  'quota',
  'context_length',
  'content_filter',
  'model_not_found',
  'answer_too_large',
];

export function isWell(code: AttemptErrorCode): boolean {
  return WELL.includes(code);
}

/** Absent: it is closed, and nothing has failed. */
export function judgeBreaker(kept: KeptBreaker | undefined): BreakerVerdict {
  if (kept === undefined || kept.state.type === 'closed') return { type: 'closed' };
  const { code, forMs } = kept.state;
  return { type: kept.ageMs < forMs ? 'open' : 'due', code };
}

/** With the call that tries; undefined where none may now. */
export function withTrial(kept: KeptBreaker | undefined, trial: string): BreakerState | undefined {
  const verdict = judgeBreaker(kept);
  return verdict.type === 'due' ? { type: 'half-open', code: verdict.code, forMs: TRIAL_MS, trial } : undefined;
}

/** A call that has ended. */
export interface EndedCall {
  readonly openMs: number;
  /** Set of the one call that tried. */
  readonly trial?: string;
  /** Since it began. */
  readonly lastedMs: number;
  /** Since another call of the same process has succeeded; absent: none has. */
  readonly sinceSuccessMs?: number;
}

/** What becomes of the state after a call that found its provider unwell; undefined: it stays. */
export function afterFailure(
  kept: KeptBreaker | undefined,
  code: AttemptErrorCode,
  call: EndedCall,
): BreakerState | undefined {
  const open: BreakerState = { type: 'open', code, forMs: call.openMs };
  switch (kept?.state.type) {
    case 'half-open':
      return kept.state.trial === call.trial ? open : undefined;
    case 'open':
      return undefined;
    case 'closed':
    case undefined: {
      const failures = 1 + (kept !== undefined && isInRow(kept, call) ? failuresOf(kept.state) : 0);
      return failures >= FAILURES ? open : { type: 'closed', failures };
    }
  }
}

function isInRow({ ageMs }: KeptBreaker, { sinceSuccessMs = Infinity }: EndedCall): boolean {
  return ageMs <= ROW_MS && sinceSuccessMs > ageMs;
}

function failuresOf(state: BreakerState): number {
  return state.type === 'closed' ? state.failures : 0;
}

/** Whether a call that was answered closes it, and ends the count: one that began before it was so says nothing of it. */
export function closesAfter(kept: KeptBreaker | undefined, call: Omit<EndedCall, 'openMs'>): boolean {
  switch (kept?.state.type) {
    case undefined:
      return false;
    case 'closed':
      return true;
    case 'open':
      return call.lastedMs < kept.ageMs;
    case 'half-open':
      return kept.state.trial === call.trial || call.lastedMs < kept.ageMs;
  }
}
