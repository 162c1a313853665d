import type { ModelError } from '../../core/executions/model-error.js';
import type { NewMark } from './endpoint-pool.js';

/** What a failed call says of the key and the address that it went to. */
export interface EndpointVerdict {
  readonly mark?: NewMark;
  readonly doubtForMs?: number;
  /** With what the call may go on at once: another key, another address, or nothing. */
  readonly goesOnWith: 'another' | 'another-address' | 'nothing';
}

interface Surroundings {
  /** Of the answer; absent: none came. */
  readonly status?: number;
  readonly model: string;
  /** Whether there are others. */
  readonly isOneOfSeveral: boolean;
}

/** A provider that limits and says no time. */
const LIMITED_MS = 5_000;
const REFUSED_MS = 3_600_000;
const WITHOUT_CREDIT_MS = 600_000;
/** A right that is missing may be one for this model only. */
const WITHOUT_RIGHT_MS = 60_000;
const UNREACHED_MS = 5_000;
const OVERLOADED_MS = 2_000;

/**
 * A key that is limited rests for as long as its provider says; one that is refused is out for an hour, and one without credit for
 * ten minutes. An address that cannot be reached, or is overloaded, comes last for some seconds.
 */
export function judgeEndpoint(
  { code, facts }: ModelError,
  { status, model, isOneOfSeveral }: Surroundings,
): EndpointVerdict {
  if (code === 'rate_limit') {
    const forMs = facts.retryAfterMs ?? (isOneOfSeveral ? LIMITED_MS : undefined);
    return { ...(forMs === undefined ? {} : { mark: { kind: 'limited', model, forMs } }), goesOnWith: 'another' };
  }
  // The only key there is goes out again and again: its provider knows best whether it is mended.
  if (code === 'auth' && status !== undefined && isOneOfSeveral) {
    if (status === 403) return { doubtForMs: WITHOUT_RIGHT_MS, goesOnWith: 'another' };
    return { mark: { kind: 'auth', model: '', forMs: REFUSED_MS }, goesOnWith: 'another' };
  }
  if (code === 'quota' && isOneOfSeveral) {
    return { mark: { kind: 'quota', model: '', forMs: WITHOUT_CREDIT_MS }, goesOnWith: 'another' };
  }
  if (code === 'network') return { doubtForMs: UNREACHED_MS, goesOnWith: 'another-address' };
  if (code === 'overloaded' || code === 'server') return { doubtForMs: OVERLOADED_MS, goesOnWith: 'another-address' };
  return { goesOnWith: 'nothing' };
}
