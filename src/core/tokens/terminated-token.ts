import type { Token, TokenEvent } from './token.js';

/** A token whose Temporal workflow was ended from outside, and the event that says so. */
export function terminatedToken(
  token: Token,
  { now, reason }: { readonly now: string; readonly reason: string },
): { readonly token: Token; readonly event: TokenEvent } {
  const { pending: _pending, ...rest } = token;
  const version = token.version + 1;
  return {
    token: { ...rest, status: 'TERMINATED', version, updatedAt: now, placeAgentRuns: {} },
    event: { type: 'TERMINATED', version, place: token.place, details: { reason }, timestamp: now },
  };
}
