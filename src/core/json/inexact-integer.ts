/** A string or a number, each whole: so a text of any length is looked through once. */
const TOKENS = /"(?:[^"\\]|\\[^])*"?|-?\d[\d.eE+-]*/g;

/** So many digits always come back from a double as they went into it. */
const KEPT_DIGITS = 15;

/** From here on what writes doubles as JSON writes them with an exponent. */
const ALWAYS_WITH_EXPONENT = 1e21;

/**
 * The first whole number in a text of valid JSON that becomes another one when it is read, as it is written there:
 * 9007199254740993 is read as 9007199254740992. Undefined where there is none. One with a fraction or an exponent was never
 * meant to the last digit.
 */
export function inexactInteger(json: string): string | undefined {
  return inexactIntegers(json).next().value;
}

/**
 * The first of those only that do not show, once read, that they have lost digits (see `mayHaveLostDigits`):
 * 100000000000000000001 is read as 1e20, which may as well have been meant.
 */
export function hiddenInexactInteger(json: string): string | undefined {
  for (const token of inexactIntegers(json)) if (!mayHaveLostDigits(Number(token))) return token;
  return undefined;
}

function* inexactIntegers(json: string): Generator<string, undefined> {
  if (!/\d{16}/.test(json)) return;
  for (const [token] of json.matchAll(TOKENS)) if (losesDigits(token)) yield token;
}

/** Whether a number as it is written is a whole one with more digits than are kept. */
export function losesDigits(token: string): boolean {
  return /^[+-]?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) && significantDigits(token) > KEPT_DIGITS;
}

/** The same of a number that nobody knows as it was written: it stands for several whole ones that may have been meant. */
export function mayHaveLostDigits(value: number): boolean {
  return Math.abs(value) < ALWAYS_WITH_EXPONENT && losesDigits(String(value));
}

function significantDigits(token: string): number {
  let end = token.length;
  while (token[end - 1] === '0') end -= 1;
  return end - (/^[+-]?0*/.exec(token)?.[0].length ?? 0);
}
