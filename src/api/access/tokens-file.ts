import { readFileSync, statSync, unwatchFile, watchFile } from 'node:fs';
import { resolve } from 'node:path';

import { parse } from 'yaml';

import type { AccessEntry } from '../../core/access/access-entry.js';
import { readAccessEntries } from '../../core/access/read-access-entries.js';
import { badVariables, type CircuitBreakerError } from '../../core/errors.js';
import { firstProblems } from '../../core/json/first-problems.js';
import type { JsonValue } from '../../core/json/json.js';

const LARGEST_BYTES = 1024 * 1024;
/** The parser of YAML ends the process at some that are longer; a thousand entries of JSON fit into one. */
const LONGEST_LINE = 200_000;
const LOOK_EVERY_MS = 1000;

interface Loud {
  info(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Reads the file of tokens, JSON or YAML. Throws VALIDATION_FAILED with what to do about it. */
export function readTokensFile(path: string): readonly AccessEntry[] {
  const file = resolve(path);
  const read = readAccessEntries(listIn(file, contentOf(file)));
  if ('value' in read) return read.value;
  const all = firstProblems(read.problems).map(
    ({ pointer, message }) => `${message}${pointer === '' ? '' : ` at ${pointer}`}`,
  );
  throw fault(`${file}: ${all.join('; ')}`);
}

/**
 * Follows the file: every change gives its entries. One that cannot be read changes nothing, and is said loudly. Returns the
 * end of it.
 */
export function followTokensFile(
  path: string,
  onChange: (entries: readonly AccessEntry[]) => void,
  logger: Loud,
): () => void {
  const file = resolve(path);
  let seen = ageOf(file);
  const look = () => {
    const age = ageOf(file);
    if (age === seen) return;
    seen = age;
    try {
      const entries = readTokensFile(file);
      onChange(entries);
      logger.info({ file, entries: entries.length }, 'the file of tokens has changed');
    } catch (error) {
      logger.error(
        { err: error, file },
        'the file of tokens has changed to one that cannot be used: the last good one holds',
      );
    }
  };
  // Node looks at the file for the first time somewhat later: what changes until then it takes for what was there.
  const second = setTimeout(look, LOOK_EVERY_MS);
  second.unref();
  watchFile(file, { persistent: false, interval: LOOK_EVERY_MS }, look);
  return () => {
    clearTimeout(second);
    unwatchFile(file, look);
  };
}

/** Another one where the file has changed. */
function ageOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

function contentOf(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw fault(`${file} cannot be read (${code}): make it, or unset ACCESS_TOKENS_FILE`);
  }
  if (bytes.byteLength > LARGEST_BYTES) throw fault(`${file} has more than ${LARGEST_BYTES} bytes`);
  return bytes.toString('utf8');
}

/** What a parser says would quote the file, which may hold a token by mistake. */
function listIn(file: string, content: string): JsonValue {
  if (content.split('\n').some(({ length }) => length > LONGEST_LINE)) {
    throw fault(`${file} has a line of more than ${LONGEST_LINE} characters: give each entry a line of its own`);
  }
  try {
    // Keys that are lists or maps take time without bound.
    return parse(content, { maxAliasCount: 100, logLevel: 'error', stringKeys: true }) as JsonValue;
  } catch {
    throw fault(`${file} is neither JSON nor YAML: it must be a list of entries with name, sha256 and role`);
  }
}

function fault(what: string): CircuitBreakerError {
  return badVariables([{ name: 'ACCESS_TOKENS_FILE', message: `ACCESS_TOKENS_FILE: ${what}` }]);
}
