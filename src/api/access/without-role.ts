import { CircuitBreakerError } from '../../core/errors.js';

/** FORBIDDEN for somebody who is known, and may do nothing here. */
export class WithoutRole extends CircuitBreakerError {
  constructor(
    /** Who it is, for the audit. */
    readonly subject: string,
    message: string,
  ) {
    super('FORBIDDEN', message);
  }
}
