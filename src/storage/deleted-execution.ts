import { CircuitBreakerError } from '../core/errors.js';

/** What whoever begins an execution hears whose id belonged to one that was deleted. */
export function deletedExecution(id: string): CircuitBreakerError {
  const message = `Execution "${id}" was deleted, less than a day ago: take another id.`;
  return new CircuitBreakerError('ALREADY_EXISTS', message);
}
