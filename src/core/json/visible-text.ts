/** Control characters, and what turns the order of letters around or ends that. */
const OBEYED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;
const KEPT: ReadonlySet<string> = new Set(['\n', '\t']);
const DELETE = 0x7f;
/** Where Unicode has pictures of U+0000 to U+001F, and of U+007F. */
const PICTURES = 0x2400;
const PICTURE_OF_DELETE = 0x2421;

/**
 * A value as JSON that a terminal and a program may both have: signs that a terminal would obey are escaped, so that whoever reads it gets
 * the same value.
 */
export function visibleJson(value: unknown): string {
  return escaped(JSON.stringify(value, null, 2));
}

/** The same in one line. */
export function visibleJsonLine(value: unknown): string {
  return escaped(JSON.stringify(value));
}

function escaped(json: string): string {
  return json.replace(OBEYED, (character) =>
    KEPT.has(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Text of others as a terminal may have it. What a terminal would obey is shown as a sign: ESC as ␛, others as `<U+009B>`.
 * Line breaks and tabs stay. Each character is judged by itself, so text may come in pieces.
 */
export function visibleText(text: string): string {
  return text.replace(OBEYED, (character) => (KEPT.has(character) ? character : signOf(character)));
}

function signOf(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(PICTURES + code);
  if (code === DELETE) return String.fromCharCode(PICTURE_OF_DELETE);
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}
