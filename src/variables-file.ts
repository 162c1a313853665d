import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';

import { CircuitBreakerError, wordsOf } from './core/errors.js';

const MOST_BYTES = 1024 * 1024;

/**
 * The variables of a file such as `.env`, or none where there is no such file. Throws VALIDATION_FAILED in one line where it cannot be read,
 * at once: not even a pipe that nobody writes to is waited for.
 */
export function readVariablesFile(path: string): Readonly<Record<string, string | undefined>> {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new Error('it is no file');
    if (found.size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
    // Some editors put a mark in front of a text.
    return parseEnv(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {};
    const reason = error instanceof TypeError ? 'it is no text in UTF-8: save it as that' : wordsOf(error);
    throw new CircuitBreakerError('VALIDATION_FAILED', `${path} cannot be read: ${reason}`);
  }
}
