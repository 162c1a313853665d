import { isId, isTemporalId } from '../ids.js';

/** Paths of ours that a caller may not enter; escapes could be any text. */
const PATH = /^\/[\w.:/-]{0,250}$/;

/**
 * The id of what something was done to, as it may be told. Where nobody has looked whether it is there (`isKnown`), a text that is not
 * one of our ids is left out: callers may have put anything there, a document or a password.
 */
export function idSubject(text: string, { isKnown }: { readonly isKnown: boolean }): string | undefined {
  return isId(text) || (isKnown && isTemporalId(text)) ? text : undefined;
}

/** A path that a caller asked for, as it may be told. */
export function pathSubject(path: string): string | undefined {
  return PATH.test(path) ? path : undefined;
}
