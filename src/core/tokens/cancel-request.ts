import { isJsonObject } from '../json/json.js';
import type { Parsed } from '../json/parsed.js';
import { checkJson } from '../json/check-json.js';
import { shortened } from '../json/shortened.js';
import { wellFormed } from '../json/well-formed-text.js';

const MAX_REASON_LENGTH = 1000;

/** The ask that a token end where it is. */
export interface CancelRequest {
  readonly reason?: string;
}

/**
 * Reads a cancellation from a message that anybody may have sent. What is no reason counts as none, and a long one is cut:
 * nothing but text that cannot be stored stands in the way of an end.
 */
export function parseCancelRequest(message: unknown): Parsed<CancelRequest> {
  const given = isJsonObject(message) ? message['reason'] : undefined;
  if (typeof given !== 'string' || given === '') return { value: {} };
  const reason = shortened(wellFormed(given), MAX_REASON_LENGTH);
  const problems = checkJson({ reason: given });
  return problems.length === 0 ? { value: { reason } } : { problems, draft: { reason } };
}
