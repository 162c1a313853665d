import type { Expanded } from '../core/definitions/short-forms.js';
import type { FolderProblemCode } from '../core/codes.js';
import type { DefinitionSource } from './definition-source.js';
import type { FolderProblem } from './folder-problem.js';

/** Something wrong in what a file defines. */
export interface SourceProblem {
  readonly code: FolderProblemCode;
  readonly pointer: string;
  readonly message: string;
}

/** Says of something wrong in what a file defines where in the file it stands. */
export type PlaceProblem = (problem: SourceProblem) => FolderProblem;

/** The same for one problem after the other, whoever finds it. */
export function placeIn(source: DefinitionSource, written?: Expanded['written']): PlaceProblem {
  return (problem) => placed(source, problem, written);
}

/** Problems of a definition in the form of the API's inputs, where a person wrote what they are about. */
export function inSource(
  source: DefinitionSource,
  problems: readonly SourceProblem[],
  written: Expanded['written'] = new Map(),
): readonly FolderProblem[] {
  return problems.map((problem) => placed(source, problem, written));
}

function placed(
  source: DefinitionSource,
  { code, pointer, message }: SourceProblem,
  written: Expanded['written'] = new Map(),
): FolderProblem {
  const place = writtenPointer(pointer, written);
  return {
    file: source.file.file,
    ...source.locate(place, code === 'UNKNOWN_FIELD' ? 'key' : 'value'),
    code,
    message,
    pointer: place,
  };
}

function writtenPointer(pointer: string, written: ReadonlyMap<string, string>): string {
  for (let end = pointer.length; end > 0; end = pointer.lastIndexOf('/', end - 1)) {
    const short = written.get(pointer.slice(0, end));
    if (short !== undefined) return short;
  }
  return pointer;
}
