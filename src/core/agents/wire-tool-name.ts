import { fingerprint } from '../json/fingerprint.js';

/** The longest name that all providers take. */
const LONGEST_WIRE_NAME = 64;
/** One of these alone between letters or digits is written as short as this. */
const SHORT: ReadonlyMap<string, string> = new Map([
  ['_', '_'],
  ['-', '-'],
  ['.', '--'],
  ['/', '__'],
]);
const LETTER: ReadonlyMap<string, string> = new Map([
  ['_', 'u'],
  ['-', 'h'],
  ['.', 'd'],
  ['/', 's'],
]);

/**
 * The name of a tool as every provider takes it: letters, digits, `_` and `-`, at most 64, none of the latter two kinds first
 * but `_`. So `token.read` is `token--read` and `mcp/files/read_file` is `mcp__files__read_file`; most names stay as they are.
 * Two names never become one: what stands between letters and digits can be told from what it became, and a name that is too
 * long ends with its fingerprint. The same name is the same in every agent and turn.
 */
export function wireToolName(name: string): string {
  const whole = name.replaceAll(/[^A-Za-z0-9]+/g, between);
  const wire = /^[A-Za-z_]/.test(whole) ? whole : `_-${whole}`;
  if (wire.length <= LONGEST_WIRE_NAME) return wire;
  const end = `___${fingerprint(name)}`;
  return wire.slice(0, LONGEST_WIRE_NAME - end.length) + end;
}

function between(run: string): string {
  return SHORT.get(run) ?? `-_${run.replaceAll(/./gsu, letterOf)}_-`;
}

function letterOf(character: string): string {
  return LETTER.get(character) ?? `x${(character.codePointAt(0) ?? 0).toString(16)}z`;
}
