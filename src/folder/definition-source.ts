import type { TextPlace, TextProblem } from './folder-problem.js';

export type DefinitionKind = 'agent' | 'workflow';

/** A file of the folder that defines something. */
export interface DefinitionFile {
  readonly kind: DefinitionKind;
  /** From the folder on, with slashes: `agents/reviewer.yaml`. */
  readonly file: string;
  /** Where it really is, behind every symbolic link. */
  readonly path: string;
}

/** What was read of a file, before anybody judges it. */
export interface ReadText {
  /** In the form of the API's inputs, with short forms; undefined where nothing could be read. */
  readonly input?: unknown;
  /** What keeps `input` from being what was meant; then only its names are looked at. */
  readonly problems: readonly TextProblem[];
  /** Where in the text something stands: what a pointer leads to, or as much of the way as there is; or the key of that. */
  readonly locate: (pointer: string, part?: 'key' | 'value') => TextPlace;
}

export interface DefinitionSource extends ReadText {
  readonly file: DefinitionFile;
}
