const OUTSIDE = /[^A-Za-z0-9_:-]/gu;
const HALF_A_PAIR = /\p{Surrogate}/u;

/**
 * An id as one token of a subject: letters, digits, `_`, `:` and `-` as they are, everything else as `%` and the bytes
 * of its UTF-8. So no id is a wildcard or reaches into another's subject, and no two ids have the same token.
 */
export function subjectToken(id: string): string {
  // A token must have something: alone, the sign that begins every escape stands for nothing.
  return id === '' ? '%' : id.replace(OUTSIDE, escaped);
}

function escaped(character: string): string {
  // It has no UTF-8, and must not pass for the character that is put in its place there.
  if (HALF_A_PAIR.test(character)) return `%u${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return Buffer.from(character, 'utf8').toString('hex').toUpperCase().replace(/../g, '%$&');
}
