import type { TokenInput } from '../core/engine/decision.js';
import { isJsonObject } from '../core/json/json.js';
import { parseFireRequest, type FireRequest } from '../core/tokens/fire-request.js';
import { parseTokenStart, type TokenStart } from '../core/tokens/token-start.js';
import { parseUpdateRequest } from '../core/tokens/update-request.js';
import { finalFailure } from '../contract/failures.js';

/** What clients send is read before it is believed: any Temporal client may send anything. */

export function fireRequestOf(message: unknown): FireRequest {
  const request = parseFireRequest(message);
  if (typeof request !== 'string') return request;
  throw finalFailure({ code: 'VALIDATION_FAILED', message: `The fire is not valid: ${request}.` });
}

export function tokenStartOf(message: unknown): TokenStart {
  const start = parseTokenStart(message);
  if (typeof start !== 'string') return start;
  throw finalFailure({ code: 'VALIDATION_FAILED', message: `The token cannot start: ${start}.` });
}

export function updateOf(message: unknown): Extract<TokenInput, { type: 'update' }> {
  const request = parseUpdateRequest(message);
  if (typeof request !== 'string') return { type: 'update', ...request };
  throw finalFailure({ code: 'VALIDATION_FAILED', message: `The update is not valid: ${request}.` });
}

const MAX_REASON_LENGTH = 1000;

export function cancelOf(message: unknown): Extract<TokenInput, { type: 'cancel' }> {
  const reason = isJsonObject(message) ? message['reason'] : undefined;
  if (typeof reason !== 'string' || reason === '') return { type: 'cancel' };
  return { type: 'cancel', reason: reason.slice(0, MAX_REASON_LENGTH) };
}
