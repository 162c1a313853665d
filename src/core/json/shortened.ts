import { leadingPart } from './well-formed-text.js';

/**
 * A well-formed text of at most `most` code units: whole, or its beginning and `…`, cut between code points. Every text
 * that is shown or kept in part is cut here: half a character could not be stored.
 */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${leadingPart(text, most - 1)}…` : text;
}
