import { isUnreadable } from '../contract/unreadable-payload.js';
import { CircuitBreakerError } from '../core/errors.js';

/** What Temporal gave, whatever it is. Throws PAYLOAD_UNREADABLE for what could not be decrypted: it was given all the same. */
export function readable<Answer>(answer: Answer): Answer {
  if (!isUnreadable(answer)) return answer;
  const message = `What Temporal answers cannot be read here, and what was asked for may have been done: ${answer.unreadablePayload}.`;
  throw new CircuitBreakerError('PAYLOAD_UNREADABLE', message);
}
