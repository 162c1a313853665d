import { createReadStream } from 'node:fs';

import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { isJsonObject, type JsonObject } from '../../core/json/json.js';
import { nestsDeeper } from '../../core/json/nesting.js';

/** More than any server of ours takes. */
const MOST_BYTES = 16 * 1024 * 1024;
/** How deep values may be is said by the server; deeper, looking at them is not safe. */
const MOST_LEVELS = 200;

/** The JSON object that `--data` gives: itself, or with `@FILE` the file that it is in, or what a pipe brings. Throws VALIDATION_FAILED. */
export async function readData(given: string): Promise<JsonObject> {
  const file = given.startsWith('@') ? given.slice(1) : undefined;
  const what = file ?? '--data';
  if (file === '')
    throw new CircuitBreakerError('VALIDATION_FAILED', '--data @ needs the name of a file behind the @.');
  let data: unknown;
  try {
    const text = file === undefined ? given : await readWhole(file);
    if (nestsDeeper(text, MOST_LEVELS)) throw new Error('its values are nested deeper than any that are taken');
    data = JSON.parse(text);
  } catch (error) {
    throw new CircuitBreakerError('VALIDATION_FAILED', `${what} cannot be read: ${wordsOf(error)}`);
  }
  if (isJsonObject(data)) return data;
  throw new CircuitBreakerError('VALIDATION_FAILED', `${what} is no JSON object.`);
}

/** Without the mark that some editors put in front of a text. */
async function readWhole(file: string): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES / 1024 / 1024} MiB`);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces));
}
