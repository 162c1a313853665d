import { Composer, isScalar, Lexer, LineCounter, Parser, type Document, type ParsedNode } from 'yaml';

import type { ReadText } from './definition-source.js';
import { START, type TextProblem } from './folder-problem.js';
import { syntaxProblem } from './yaml-syntax.js';
import { YamlValue } from './yaml-value.js';

/** In what the parser keeps open: about two for each level. Deeper than any value that is accepted. */
const MOST_OPEN = 300;
/** Words, signs and blanks: several times as many as the largest definition has. Each costs some microseconds. */
const MOST_LEXEMES = 250_000;

/**
 * Reads one YAML document of the core schema of YAML 1.2, whose value JSON could carry. Refuses what makes a file mean something
 * else than it seems to: anchors, aliases, merge keys, tags, keys that are there twice, and words and numbers that YAML 1.1 reads
 * otherwise. Takes time in proportion to the text, whatever is in it.
 */
export function readYaml(text: string): ReadText {
  const lines = new LineCounter();
  const placeOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const nothing = (problem: Omit<TextProblem, 'line' | 'column'> & { readonly offset: number }): ReadText => {
    const { offset, ...rest } = problem;
    return { problems: [{ ...placeOf(offset), ...rest }], locate: () => START };
  };
  const parsed = parse(text, lines);
  if ('message' in parsed) return nothing(parsed);
  const { documents } = parsed;
  const [document, another] = documents;
  if (document?.contents == null || isNothing(document)) {
    const isBlank = documents.length <= 1 && document?.errors.length !== 1;
    if (isBlank) return nothing({ offset: 0, code: 'FILE_EMPTY', message: 'there is nothing in it' });
  }
  const syntax = document === undefined ? undefined : syntaxProblem(document, text);
  if (syntax !== undefined) return nothing({ code: 'SYNTAX_INVALID', ...syntax });
  if (another !== undefined) {
    const message = 'a file has one definition: put what follows the --- into another file';
    return nothing({ offset: another.range[0], code: 'SYNTAX_INVALID', message });
  }
  if (document === undefined) return nothing({ offset: 0, code: 'FILE_EMPTY', message: 'there is nothing in it' });
  const value = new YamlValue(document);
  return {
    ...(value.input === undefined ? {} : { input: value.input }),
    problems: value.problems.map(({ offset, ...problem }) => ({ ...placeOf(offset), ...problem })),
    locate: (pointer, part) => placeOf(value.offsetOf(pointer, part)),
  };
}

type YamlDocument = Document.Parsed;

function isNothing({ contents }: YamlDocument): boolean {
  return contents === null || (isScalar(contents) && contents.source === '' && contents.value === null);
}

interface Refused {
  readonly offset: number;
  readonly code: 'TOO_DEEP' | 'FILE_TOO_LARGE';
  readonly message: string;
}

/** The composer recurses, and so does what comes after it: how deep the text goes is seen before. */
function parse(text: string, lines: LineCounter): { readonly documents: readonly YamlDocument[] } | Refused {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens = [];
  let lexemes = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    lexemes += 1;
    const { offset } = parser;
    if (parser.stack.length > MOST_OPEN) {
      return { offset, code: 'TOO_DEEP', message: 'values may be nested 64 deep at most' };
    }
    if (lexemes > MOST_LEXEMES) {
      return { offset, code: 'FILE_TOO_LARGE', message: 'up to here it has more parts than any definition may have' };
    }
  }
  for (const token of parser.end()) tokens.push(token);
  const composer = new Composer<ParsedNode>({ version: '1.2', schema: 'core', uniqueKeys: false, prettyErrors: false });
  return { documents: [...composer.compose(tokens, true, text.length)] as readonly YamlDocument[] };
}
