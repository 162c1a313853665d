/** Types whose bytes are text, whatever else they are. */
const TEXT_TYPES =
  /^(?:text\/|application\/(?:[\w.+-]+\+)?(?:json|xml|yaml|javascript|x-www-form-urlencoded|x-ndjson|graphql))/;

/**
 * The text of a body; undefined for one that is none: by its type, or, where that says nothing, by its bytes. The last
 * character may be cut where the bytes are.
 */
export function readableText(bytes: Uint8Array, contentType: string): string | undefined {
  const type = contentType.trim().toLowerCase();
  const isText = TEXT_TYPES.test(type);
  if (!isText && type !== '' && !type.startsWith('application/octet-stream')) return undefined;
  const charset = /charset\s*=\s*"?([\w.:-]+)/.exec(type)?.[1] ?? 'utf-8';
  const text = decode(bytes, charset);
  if (isText) return text;
  return text.includes('\0') || text.slice(0, -1).includes('\ufffd') ? undefined : text;
}

function decode(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}
