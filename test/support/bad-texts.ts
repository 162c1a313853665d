import { randomNumbers } from './random-text.js';

/** What texts of people, programs and models have in them that some part on the way may not carry, cut or obey. */
const UNITS = {
  'a leading half': '\uD83D',
  'a trailing half': '\uDE00',
  'halves in the wrong order': '\uDE00\uD83D',
  'U+0000': '\0',
  noncharacters: '\uFFFE\uFFFF\u{1FFFE}\u{10FFFF}',
  'a byte order mark': '\uFEFF',
  'text turned around': '\u202Efdp.\u202C\u2066x\u2069',
  'escapes of a terminal': '\u001b]0;owned\u0007\u001b[2J\u009b1A\r\b\u007f',
  'line separators': '\u2028\u2029\u0085\u000b\u000c',
  'an emoji of several': '👩\u200d👩\u200d👧',
  'marks on marks': 'a\u0301\u0323\u0489'.repeat(20),
  'what templates and SQL mean something by': `'; {{a}} {b} \\u0000 \\ $1 %s "</script>`,
} as const;

/** Around the lengths at which previews, ids, reasons and summaries are cut. */
const CUT_AT = [117, 118, 198, 199, 200, 998, 999];
const MIXED = 3;
const LONG = 150_000;

export interface BadText {
  readonly what: string;
  readonly text: string;
}

/** The same at every run. */
export const BAD_TEXTS: readonly BadText[] = [
  ...Object.entries(UNITS).map(([what, unit]) => ({ what, text: `so ${unit} it` })),
  { what: 'nothing but a half', text: UNITS['a leading half'] },
  { what: 'an emoji wherever a text may be cut', text: emojiAtCuts() },
  { what: 'a very long text', text: 'x😀'.repeat(LONG) },
  ...Array.from({ length: MIXED }, (_, number) => ({ what: `a mixture (${number})`, text: mixture(number) })),
];

/** Digits as they are written in JSON: whoever reads them as a double has another number. */
export const BAD_NUMBERS = ['9007199254740993', '-9007199254740993', '12345678901234567890', '1e400'] as const;

function emojiAtCuts(): string {
  const characters = Array.from({ length: 1100 }, () => 'x');
  for (const at of CUT_AT) characters.splice(at, 2, '😀');
  return characters.join('');
}

function mixture(seed: number): string {
  const next = randomNumbers(seed + 1);
  const units = Object.values(UNITS);
  return Array.from({ length: 40 }, () => units[next() % units.length] ?? '').join('y');
}
