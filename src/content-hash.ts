import { createHash } from 'node:crypto';

import { canonicalJson, type JsonObject } from './core/json/json.js';

/**
 * The same for equal content, in whatever order its members are: SHA-256 over its canonical JSON, in hexadecimal digits. What is kept by such a
 * hash is looked for by it in later versions: it stays as it is.
 */
export function contentHash(content: object): string {
  // An interface has JSON members only as well; it just does not say so to the compiler.
  return createHash('sha256')
    .update(canonicalJson(content as JsonObject))
    .digest('hex');
}
