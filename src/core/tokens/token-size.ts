import type { TokenFields } from '../json/path.js';
import { utf8Length } from '../json/utf8-length.js';

/** What a token may hold, data and metadata together, as JSON in UTF-8. */
export const MAX_TOKEN_BYTES = 256 * 1024;

/** Says that the fields are too large for a token, or undefined when they fit. */
export function tokenTooLarge(fields: TokenFields): string | undefined {
  const bytes = utf8Length(JSON.stringify([fields.data, fields.metadata]));
  if (bytes <= MAX_TOKEN_BYTES) return undefined;
  return `data and metadata would take ${bytes} bytes; a token holds at most ${MAX_TOKEN_BYTES}: keep large documents elsewhere and put a reference in the token`;
}
