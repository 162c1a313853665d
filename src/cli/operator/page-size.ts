import { CircuitBreakerError } from '../../core/errors.js';

const USUAL = 50;
const MOST = 200;

/** How many a command lists. Throws VALIDATION_FAILED. */
export function pageSize(given: string | undefined): number {
  if (given === undefined) return USUAL;
  const size = Number(given);
  if (Number.isInteger(size) && size >= 1 && size <= MOST) return size;
  throw new CircuitBreakerError('VALIDATION_FAILED', `--first must be a whole number from 1 to ${MOST}.`);
}
