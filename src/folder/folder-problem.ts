import type { FolderProblemCode } from '../core/codes.js';

/** A place in a file, from 1. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** Something wrong in a folder of definitions. */
export interface FolderProblem extends TextPlace {
  /** From the folder on, with slashes. Empty: the folder itself. */
  readonly file: string;
  readonly code: FolderProblemCode;
  readonly message: string;
  /** JSON pointer into what the file defines; empty: the whole. */
  readonly pointer: string;
}

/** Something wrong in the text of a file, before it is known what the file defines. */
export type TextProblem = TextPlace & Pick<FolderProblem, 'code' | 'message'>;

export const START: TextPlace = { line: 1, column: 1 };

/** The place of an offset in a text. */
export function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** `file:line:column code message`, as editors and other tools read it: one line, whatever the file is called. */
export function problemLine({ file, line, column, code, message }: FolderProblem): string {
  return `${file === '' ? '.' : inOneLine(file)}:${line}:${column} ${code} ${inOneLine(message)}`;
}

/** With line breaks as signs. */
function inOneLine(text: string): string {
  return text.replaceAll('\n', '␊').replaceAll('\r', '␍');
}

/** In the order in which a person goes through the files. */
export function inReadingOrder(problems: readonly FolderProblem[]): readonly FolderProblem[] {
  return problems.toSorted(
    (one, other) => compareFiles(one.file, other.file) || one.line - other.line || one.column - other.column,
  );
}

/** By code units, which is the same on every machine. */
export function compareFiles(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
