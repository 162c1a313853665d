import { readFile } from 'node:fs/promises';

import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json/json.js';

/** The JSON object that `--data` gives: itself, or with `@FILE` the file that it is in. Throws VALIDATION_FAILED. */
export async function readData(given: string): Promise<JsonObject> {
  const file = given.startsWith('@') ? given.slice(1) : undefined;
  const what = file ?? '--data';
  let data: unknown;
  try {
    data = JSON.parse(file === undefined ? given : await readFile(file, 'utf8'));
  } catch (error) {
    throw new CircuitBreakerError('VALIDATION_FAILED', `${what} cannot be read: ${wordsOf(error)}`);
  }
  if (isJsonObject(data)) return data;
  throw new CircuitBreakerError('VALIDATION_FAILED', `${what} is no JSON object.`);
}
