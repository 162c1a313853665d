import type { TokenInput } from './decision.js';
import { storableMessage } from '../errors.js';

/**
 * What arrived, as it can be stored: reasons and the words of failures come from others, and become part of the token and of
 * its events. Data was refused or mended where it was read.
 */
export function storableInput(input: TokenInput): TokenInput {
  if (input.type === 'cancel' && input.reason !== undefined) return { ...input, reason: storableMessage(input.reason) };
  if (input.type === 'record-refused') return { ...input, message: storableMessage(input.message) };
  if (input.type !== 'execution-ended' || input.outcome.status !== 'failed') return input;
  return { ...input, outcome: { ...input.outcome, message: storableMessage(input.outcome.message) } };
}
