import { createHash, scryptSync } from 'node:crypto';

import { LRUCache } from 'lru-cache';

/** Slow enough that trying words is no way to a weak key, and quick enough to be made once for each key of a process. */
const COST = { N: 4096, r: 8, p: 1 };
const SALT = 'circuit-breaker endpoint';
const ID_BYTES = 16;
const fingerprints = new LRUCache<string, string>({ max: 1000 });

/**
 * The name under which what is known of an address and the keys that go there is shared between processes. No key can be told
 * from it, and another key has another one.
 */
export function endpointId(baseUrl: URL, keys: readonly string[]): string {
  const place = `${baseUrl.origin}${baseUrl.pathname}`;
  return createHash('sha256')
    .update([place, ...keys.map((key) => (key === '' ? '' : fingerprintOf(key)))].join('\n'))
    .digest('hex')
    .slice(0, 2 * ID_BYTES);
}

function fingerprintOf(key: string): string {
  const known = fingerprints.get(key);
  if (known !== undefined) return known;
  const made = scryptSync(key, SALT, ID_BYTES, COST).toString('hex');
  fingerprints.set(key, made);
  return made;
}
