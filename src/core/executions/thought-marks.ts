/** How models mark what they think before they answer, where their server does not tell it apart. In lower case. */
interface ThoughtMarks {
  /** Absent: servers take it for a part of the prompt, so that only the end is there. */
  readonly begin?: string;
  readonly end: string;
}

const ELEMENTS = ['think', 'thinking', 'thought', 'thoughts', 'reasoning', 'reflection', 'scratchpad', 'seed:think'];

const MARKS: readonly ThoughtMarks[] = [
  ...ELEMENTS.map((name) => ({ begin: `<${name}>`, end: `</${name}>` })),
  { begin: '[think]', end: '[/think]' },
  { begin: '◁think▷', end: '◁/think▷' },
  { begin: '<|begin_of_thought|>', end: '<|end_of_thought|>' },
  { begin: '<|channel|>analysis<|message|>', end: '<|end|>' },
  { end: '<|channel|>final<|message|>' },
];

/** Each with the pattern that finds its end; none of them can backtrack. */
const FAMILIES = MARKS.map((marks) => ({ ...marks, pattern: new RegExp(escaped(marks.end), 'gi') }));
const LONGEST = Math.max(...MARKS.flatMap(({ begin = '', end }) => [begin.length, end.length]));
/** `<|end|>` ends every message of its format, not thoughts alone. */
const ENDS_MORE = '<|end|>';

/** A mark at a place of a text. */
export type FoundMark =
  | {
      readonly type: 'thought';
      /** Behind its end; absent when it has none. */ readonly end?: number;
      readonly begin: number;
    }
  /** The end of a thought whose beginning is not in the text. */
  | { readonly type: 'end'; readonly end: number };

/** The letters that a mark can begin with. */
export const MARK_LETTERS = [
  ...new Set(MARKS.flatMap(({ begin = '', end }) => [begin.slice(0, 1), end.slice(0, 1)])),
].join('');

export function thoughtMarkAt(text: string, at: number): FoundMark | undefined {
  const here = text.slice(at, at + LONGEST).toLowerCase();
  for (const { begin, end, pattern } of FAMILIES) {
    if (begin !== undefined && here.startsWith(begin)) {
      const inside = at + begin.length;
      pattern.lastIndex = inside;
      return pattern.test(text)
        ? { type: 'thought', begin: inside, end: pattern.lastIndex }
        : { type: 'thought', begin: inside };
    }
    if (end !== ENDS_MORE && here.startsWith(end)) return { type: 'end', end: at + end.length };
  }
  return undefined;
}

function escaped(text: string): string {
  return text.replaceAll(/[|[\]/]/g, String.raw`\$&`);
}
