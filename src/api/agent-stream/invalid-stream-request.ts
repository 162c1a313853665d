import { validationFailed, type CircuitBreakerError } from '../../core/errors.js';

/** What is wrong with one part of a request for a stream, as the answer to it. */
export function invalidStreamRequest(pointer: string, message: string): CircuitBreakerError {
  return validationFailed('The request for the stream', [{ code: 'INVALID_VALUE', pointer, message }]);
}
