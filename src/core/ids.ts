import type { Problem } from './json/problem.js';
import { utf8Length } from './json/utf8-length.js';

export const MAX_ID_LENGTH = 200;

const ID = /^[A-Za-z0-9](?:[A-Za-z0-9._:-]*[A-Za-z0-9])?$/;
/** Names that objects have by themselves: as an id they would one day be looked up in one. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** What Temporal takes as the id of a workflow, in bytes of UTF-8. */
const MAX_TEMPORAL_ID_BYTES = 1000;
const UNKEEPABLE = /[\p{Surrogate}\0]/u;

/** Whether a plain Temporal client may have chosen a text as an id: it may have slashes, spaces and any alphabet. */
export function isTemporalId(text: string): boolean {
  return (
    text !== '' &&
    text.length <= MAX_TEMPORAL_ID_BYTES &&
    !UNKEEPABLE.test(text) &&
    utf8Length(text) <= MAX_TEMPORAL_ID_BYTES
  );
}

/** The grammar of ids, for people. */
export const ID_RULE =
  'an id has 1 to 200 letters, digits, "-", "_", "." or ":", begins and ends with a letter or digit, and has no ".."';

/** Whether a text may be chosen at our doors as the id of anything: of workflows, places, transitions, agents, tokens and executions alike. */
export function isId(text: string): boolean {
  return text.length <= MAX_ID_LENGTH && ID.test(text) && !text.includes('..') && !RESERVED.has(text);
}

/** What is wrong with an id that a caller chose; nothing where none was given. */
export function idProblems(id: unknown, pointer: string): readonly Problem[] {
  if (id === undefined || id === null || (typeof id === 'string' && isId(id))) return [];
  return [{ code: 'INVALID_VALUE', pointer, message: ID_RULE }];
}

const MARKS = /\p{Mark}+/gu;

/** The id that a name gives: `Document review` is `document-review`. Undefined for a name without letters or digits of ASCII. */
export function idFromName(name: string): string | undefined {
  const words = name
    // Marks go first, too: to put many of them in order takes long.
    .replace(MARKS, '')
    .normalize('NFKD')
    .replace(MARKS, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const id = words.join('-').slice(0, MAX_ID_LENGTH).replace(/-$/, '');
  return isId(id) ? id : undefined;
}
