const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}`. */
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * Whether a text of JSON has objects and lists more than so many deep within each other. Reading such a text is safe;
 * whatever recurses over its value, as writing it does, is not.
 */
export function nestsDeeper(json: string, most: number): boolean {
  // As many are opened, and closed again.
  if (json.length <= 2 * most) return false;
  return (depthAfter(json, 0, most) ?? 0) > most;
}

/**
 * How deep a part of a text of JSON ends that begins so deep, in objects and lists that are open; more than `most` as soon as it is
 * anywhere. Undefined where the part ends within a string.
 */
export function depthAfter(part: string, before: number, most: number): number | undefined {
  let depth = before;
  for (let at = 0; at < part.length && depth <= most; at += 1) {
    const sign = part.charCodeAt(at);
    if (sign === QUOTE) {
      at = endOfString(part, at);
      if (at === part.length) return undefined;
    } else if (CLOSING.has(sign)) depth -= 1;
    else if (OPENING.has(sign)) depth += 1;
  }
  return depth;
}

function endOfString(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    const sign = json.charCodeAt(at);
    if (sign === QUOTE) return at;
    if (sign === BACKSLASH) at += 1;
  }
  return json.length;
}
