/** A string or a number, each whole: so a text of any length is looked through once. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * A whole number in a text of valid JSON that becomes another one when it is read, as it is written there; undefined where
 * there is none. One with a fraction or an exponent was never meant to the last digit.
 */
export function inexactInteger(json: string): string | undefined {
  if (!/\d{16}/.test(json)) return undefined;
  for (const [token] of json.matchAll(TOKENS)) {
    if (/^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token))) return token;
  }
  return undefined;
}
