import type { TokenInput } from '../core/engine/decision.js';
import { validationFailed } from '../core/errors.js';
import { isJsonObject } from '../core/json/json.js';
import type { Parsed } from '../core/json/parsed.js';
import { parseFireRequest, type FireRequest } from '../core/tokens/fire-request.js';
import { parseTokenStart, type TokenStart } from '../core/tokens/token-start.js';
import { parseUpdateRequest } from '../core/tokens/update-request.js';
import { finalFailure } from '../contract/failures.js';

/** What clients send is read before it is believed: any Temporal client may send anything. */

export function fireRequestOf(message: unknown): FireRequest {
  return accepted('The fire', parseFireRequest(message));
}

export function tokenStartOf(message: unknown): TokenStart {
  return accepted('The start of the token', parseTokenStart(message));
}

export function updateOf(message: unknown): Extract<TokenInput, { type: 'update' }> {
  return { type: 'update', ...accepted('The update', parseUpdateRequest(message)) };
}

const MAX_REASON_LENGTH = 1000;

export function cancelOf(message: unknown): Extract<TokenInput, { type: 'cancel' }> {
  const reason = isJsonObject(message) ? message['reason'] : undefined;
  if (typeof reason !== 'string' || reason === '') return { type: 'cancel' };
  return { type: 'cancel', reason: reason.slice(0, MAX_REASON_LENGTH) };
}

/** What was read. Throws the failure VALIDATION_FAILED with everything that is wrong with it. */
function accepted<Value>(what: string, parsed: Parsed<Value>): Value {
  if ('value' in parsed) return parsed.value;
  const refusal = validationFailed(what, parsed.problems);
  throw finalFailure(refusal, refusal.facts);
}
