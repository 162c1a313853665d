import type { TokenFields } from './path.js';

/** What a token may hold, data and metadata together, as JSON in UTF-8. */
export const MAX_TOKEN_BYTES = 256 * 1024;

/** Says that the fields are too large for a token, or undefined when they fit. */
export function tokenTooLarge(fields: TokenFields): string | undefined {
  const bytes = utf8Length(JSON.stringify([fields.data, fields.metadata]));
  if (bytes <= MAX_TOKEN_BYTES) return undefined;
  return `data and metadata would take ${bytes} bytes; a token holds at most ${MAX_TOKEN_BYTES}: keep large documents elsewhere and put a reference in the token`;
}

/** Length in UTF-8, counted without the encoders that a Temporal workflow lacks. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else bytes += unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
  }
  return bytes;
}
