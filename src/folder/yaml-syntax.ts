import { visit, type Document, type ErrorCode } from 'yaml';

/** What the commonest mistakes are called; for others the parser's own words do. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'there is a tab: YAML is indented by blanks',
  BAD_INDENT:
    'the indentation is wrong: what belongs together begins in the same column, and what belongs to it further in',
  MULTILINE_IMPLICIT_KEY: 'the indentation is wrong: this line is indented further than what it stands beside',
};

/**
 * The first mistake of a text that is no YAML, where a person would mend it: those behind it are mostly its consequences.
 * Undefined: it is YAML.
 */
export function syntaxProblem(
  document: Document.Parsed,
  text: string,
): { readonly offset: number; readonly message: string } | undefined {
  const [error] = document.errors;
  if (error === undefined) return undefined;
  // A line that is indented too far is read as a part of the text before it, which is then a key of several lines.
  const folded = document.errors.find(({ code }) => code === 'MULTILINE_IMPLICIT_KEY');
  if (folded !== undefined && error.code === 'BLOCK_AS_IMPLICIT_KEY') {
    const offset = beginningOfLine(text, folded.pos[1]);
    return { offset, message: WORDS.MULTILINE_IMPLICIT_KEY ?? folded.message };
  }
  if (error.code === 'MISSING_CHAR' && error.message.includes('quote')) {
    const message = 'the quote that begins here is not closed';
    return { offset: openQuote(document, error.pos[0]) ?? error.pos[0], message };
  }
  const isOutOfList = error.message.startsWith('Sequence item without');
  const message = WORDS[isOutOfList ? 'BAD_INDENT' : error.code] ?? wordsOf(error.message);
  return { offset: behindBlanks(text, error.pos[0]), message };
}

/** The first sign of the line that has a place. */
function beginningOfLine(text: string, end: number): number {
  return behindBlanks(text, text.lastIndexOf('\n', end - 1) + 1);
}

function behindBlanks(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ') at += 1;
  return at;
}

/** Where the text begins that goes on to the end of the file. */
function openQuote(document: Document.Parsed, end: number): number | undefined {
  let found: number | undefined;
  visit(document, {
    Scalar: (_, { type, range }) => {
      if (type?.startsWith('QUOTE') === true && range != null && range[1] >= end - 1) found ??= range[0];
    },
  });
  return found;
}

/** The parser speaks of itself in some of its messages. */
function wordsOf(message: string): string {
  return message.replace(/; please use .*/, '').replace(/ in YAML (?:stream|document)/, '');
}
