import { utf8Length } from './utf8-length.js';
import { leadingPart } from './well-formed-text.js';

/**
 * A well-formed text of at most `most` code units: whole, or its beginning and `…`, cut between code points. Every text
 * that is shown or kept in part is cut here: half a character could not be stored.
 */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${leadingPart(text, most - 1)}…` : text;
}

/** The same in bytes of UTF-8. */
export function shortenedInBytes(text: string, most: number): string {
  for (let units = most; ; units -= 1) {
    const part = shortened(text, units);
    if (utf8Length(part) <= most) return part;
  }
}
