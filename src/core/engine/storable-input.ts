import type { TokenInput } from './decision.js';
import { shortened } from '../json/shortened.js';
import { wellFormed } from '../json/well-formed-text.js';

const LONGEST_MESSAGE = 4000;

/**
 * What arrived, as it can be stored: reasons and the words of failures come from others, and become part of the token and of
 * its events. Data was refused or mended where it was read.
 */
export function storableInput(input: TokenInput): TokenInput {
  if (input.type === 'cancel' && input.reason !== undefined) return { ...input, reason: storable(input.reason) };
  if (input.type === 'record-refused') return { ...input, message: storable(input.message) };
  if (input.type !== 'execution-ended' || input.outcome.status !== 'failed') return input;
  return { ...input, outcome: { ...input.outcome, message: storable(input.outcome.message) } };
}

function storable(text: string): string {
  return shortened(wellFormed(text), LONGEST_MESSAGE);
}
