/** The engine's own search compares as many times as both lengths multiplied, at worst: harmless with a short pattern. */
const SHORT = 16;

/** Whether a text contains another, in time that grows with the lengths of both and no faster (Knuth, Morris, Pratt). */
export function containsText(text: string, pattern: string): boolean {
  if (pattern.length <= SHORT) return text.includes(pattern);
  if (pattern.length > text.length) return false;
  const fallback = fallbacksOf(pattern);
  let matched = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    while (matched > 0 && pattern.charCodeAt(matched) !== unit) matched = fallback[matched - 1] ?? 0;
    if (pattern.charCodeAt(matched) === unit) matched += 1;
    if (matched === pattern.length) return true;
  }
  return false;
}

/** For every beginning of the pattern: how much of its end is the pattern's beginning once more. */
function fallbacksOf(pattern: string): Uint32Array {
  const fallback = new Uint32Array(pattern.length);
  let matched = 0;
  for (let at = 1; at < pattern.length; at += 1) {
    const unit = pattern.charCodeAt(at);
    while (matched > 0 && pattern.charCodeAt(matched) !== unit) matched = fallback[matched - 1] ?? 0;
    if (pattern.charCodeAt(matched) === unit) matched += 1;
    fallback[at] = matched;
  }
  return fallback;
}
