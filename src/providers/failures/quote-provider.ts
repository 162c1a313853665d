import { shortened } from '../../core/json/shortened.js';
import { wellFormed } from '../../core/json/well-formed-text.js';
import { secretMask, showsSecret, withoutKeys } from '../../core/secrets.js';
import { withoutPieces } from './without-pieces.js';

/** What a message must not repeat: keys that the call carried, and texts that were sent to the model. */
export interface Confidential {
  readonly secrets: readonly string[];
  readonly prompts: readonly string[];
}

const LONGEST_QUOTE = 300;
const LONGEST_MESSAGE = 4096;
/** Shorter pieces of a prompt are common words; a longer one in an error message is the prompt coming back. */
const PROMPT_PIECE = 16;
const PROMPT_MASK = '[prompt]';

/**
 * A provider's own words, fit for logs and screens: one line of at most 300 characters, without keys and without what they
 * repeat of a prompt; nothing at all when they repeat a secret in another guise.
 */
export function quoteProvider(message: string, { secrets, prompts }: Confidential): string {
  // Keys are masked before the text is cut, or the cut would leave the first half of one.
  const masked = withoutKeys(shortened(secretMask(secrets)(wellFormed(message)), LONGEST_MESSAGE));
  if (showsSecret(masked, secrets)) return '';
  const line = shortened(oneLine(masked), LONGEST_QUOTE);
  return withoutPieces(line, prompts.map(oneLine), { length: PROMPT_PIECE, mask: PROMPT_MASK });
}

function oneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
}
