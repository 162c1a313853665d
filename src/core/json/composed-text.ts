/** As many marks as Unicode's stream-safe text has in a row (UAX #15, 13); no language has more on a letter. */
const MOST_MARKS = 30;
const BEYOND_ASCII = /[\u0080-\uffff]/;
const MARK = /^\p{M}$/u;

/**
 * A text in composed form (NFC), so that names are the same however they were typed. One with more than 30 marks on a letter
 * stays as it is: to order them takes time in proportion to the square of their number.
 */
export function composed(text: string): string {
  return BEYOND_ASCII.test(text) && !hasManyMarks(text) ? text.normalize('NFC') : text;
}

function hasManyMarks(text: string): boolean {
  let marks = 0;
  for (const character of text) {
    marks = MARK.test(character) ? marks + 1 : 0;
    if (marks > MOST_MARKS) return true;
  }
  return false;
}
