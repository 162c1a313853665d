import { CircuitBreakerError } from '../../core/errors.js';
import type { CommandRequest } from '../command.js';

/** The words that a command cannot do without. Throws VALIDATION_FAILED where one is missing. */
export function neededOperands<Names extends readonly string[]>(
  { operands }: CommandRequest,
  ...names: Names
): { readonly [Index in keyof Names]: string } {
  const missing = names[operands.length];
  if (missing !== undefined) throw new CircuitBreakerError('VALIDATION_FAILED', `Say which: ${missing} is missing.`);
  return names.map((_, index) => operands[index] ?? '') as { [Index in keyof Names]: string };
}
