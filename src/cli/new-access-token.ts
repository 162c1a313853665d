import { randomBytes } from 'node:crypto';

import { TOKEN_PREFIX } from '../core/access/access-entry.js';

const TOKEN_BYTES = 32;

/** A token by which somebody may call the API: 256 random bits behind the prefix by which tokens are known. */
export function newAccessToken(): string {
  return `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}
