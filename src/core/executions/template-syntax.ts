/** What a brace, or `<%`, begins. `end` is the place behind it. */
export type TemplateSyntax =
  | { readonly type: 'variable'; readonly name: string; readonly end: number }
  | { readonly type: 'foreign'; readonly end: number }
  | { readonly type: 'doubtful'; readonly name: string; readonly end: number };

const FIRST_BEYOND_ASCII = /\p{L}/uy;
const MORE_BEYOND_ASCII = /[\p{L}\p{M}\p{N}_.-]+/uy;
const SPACE = /\s/;
const LETTER = /^\p{L}/u;
/** What makes `{{#if}}` and its like. */
const FOREIGN_SIGNS = '#/^>!&*';

/** What begins at a place of a template, which has `{` or `<` there. Nothing: what is there is plain text. */
export function syntaxAt(template: string, at: number): TemplateSyntax | undefined {
  if (template[at] === '<') return tagAt(template, at);
  const inside = template[at + 1] === '{' ? at + 2 : at + 1;
  const start = skipBlanks(template, inside);
  // Braces by the thousand in a row mean nothing, and are passed quickly.
  if (start === template.length || isOneOf('{}', template[start])) return undefined;
  const end = endOfName(template, start);
  if (end > start) {
    const closing = skipBlanks(template, end);
    if (template.startsWith(inside - at === 2 ? '}}' : '}', closing)) {
      return { type: 'variable', name: template.slice(start, end), end: closing + inside - at };
    }
  }
  return foreignAt(template, at, inside) ?? doubtfulAt(template, start, end);
}

/** What stands between a brace and the one that closes it, where no other brace is between them. */
export function bracedAt(template: string, at: number): string | undefined {
  const inside = template[at + 1] === '{' ? at + 2 : at + 1;
  let end = inside;
  while (end < template.length && template[end] !== '{' && template[end] !== '}') end += 1;
  return end > inside && template[end] === '}' ? template.slice(inside, end) : undefined;
}

function tagAt(template: string, at: number): TemplateSyntax | undefined {
  if (template[at + 1] !== '%') return undefined;
  const start = skipBlanks(template, skipOne(template, at + 2, '-='));
  const end = endOfName(template, start);
  return end > start ? { type: 'foreign', end } : undefined;
}

function foreignAt(template: string, at: number, inside: number): TemplateSyntax | undefined {
  if (template[inside] === '%' && inside === at + 1) {
    const start = skipBlanks(template, skipOne(template, inside + 1, '-+'));
    const letter = LETTER.exec(template.slice(start, start + 2))?.[0];
    return letter === undefined ? undefined : { type: 'foreign', end: start + letter.length };
  }
  if (inside === at + 1) return undefined;
  const start = skipBlanks(template, skipOne(template, inside, '~-'));
  if (isOneOf(FOREIGN_SIGNS, template[start])) return { type: 'foreign', end: start + 1 };
  const end = endOfName(template, start);
  if (end === start) return undefined;
  const behind = skipBlanks(template, end);
  if (isOneOf('|(', template[behind])) return { type: 'foreign', end: behind + 1 };
  const second = behind > end ? endOfName(template, behind) : behind;
  return second > behind ? { type: 'foreign', end: second } : undefined;
}

/** The name in front of which there may be spaces of any kind, when it does not begin at `start` already. */
function doubtfulAt(template: string, start: number, end: number): TemplateSyntax | undefined {
  if (end > start) return { type: 'doubtful', name: template.slice(start, end), end };
  let spaced = start;
  while (isSpace(template, spaced)) spaced += 1;
  const spacedEnd = spaced > start ? endOfName(template, spaced) : spaced;
  return spacedEnd > spaced ? { type: 'doubtful', name: template.slice(spaced, spacedEnd), end: spacedEnd } : undefined;
}

/** The place behind the name that begins here; `start` where none does. */
function endOfName(template: string, start: number): number {
  if (!isFirstOfName(template, start)) return start;
  let at = start;
  for (;;) {
    while (at < template.length && isMoreOfAsciiName(template.charCodeAt(at))) at += 1;
    if (at === template.length || template.charCodeAt(at) < 0x80) return at;
    MORE_BEYOND_ASCII.lastIndex = at;
    if (!MORE_BEYOND_ASCII.test(template)) return at;
    at = MORE_BEYOND_ASCII.lastIndex;
  }
}

function isFirstOfName(template: string, at: number): boolean {
  if (at >= template.length) return false;
  const unit = template.charCodeAt(at);
  if (unit < 0x80) return isAsciiLetter(unit) || unit === 0x5f;
  FIRST_BEYOND_ASCII.lastIndex = at;
  return FIRST_BEYOND_ASCII.test(template);
}

function isSpace(template: string, at: number): boolean {
  const unit = at < template.length ? template.charCodeAt(at) : 0x21;
  return unit <= 0x20 || unit >= 0x80 ? SPACE.test(template[at] ?? '') : false;
}

function isMoreOfAsciiName(unit: number): boolean {
  return isAsciiLetter(unit) || (unit >= 0x30 && unit <= 0x39) || unit === 0x2d || unit === 0x2e || unit === 0x5f;
}

function isAsciiLetter(unit: number): boolean {
  return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a);
}

function skipBlanks(template: string, from: number): number {
  let at = from;
  while (template[at] === ' ' || template[at] === '\t') at += 1;
  return at;
}

function skipOne(template: string, at: number, signs: string): number {
  return isOneOf(signs, template[at]) ? at + 1 : at;
}

function isOneOf(signs: string, sign: string | undefined): boolean {
  return sign !== undefined && signs.includes(sign);
}
