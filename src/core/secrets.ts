/** Shorter ones would hide words that are no secrets. */
const SHORTEST = 6;

/** Hides secrets wherever they turn up in a text, also as they look within JSON, an address or base64. */
export function secretMask(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => {
      const encoded = encodeURIComponent(secret);
      const escapedLower = encoded.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
      return [secret, JSON.stringify(secret).slice(1, -1), encoded, escapedLower, ...base64Cores(secret)];
    });
  // Longest first: one that is part of another must not leave the rest of it behind.
  const unique = [...new Set(forms)].sort((left, right) => right.length - left.length);
  return (text) => unique.reduce((masked, form) => masked.replaceAll(form, '[secret]'), text);
}

/**
 * Whether a text repeats a secret in any guise: another case, escaped for JSON or an address, over several lines, in
 * base64 alone or as part of something longer. For texts of others, which are better left out than shown in part.
 */
export function showsSecret(text: string, secrets: readonly string[]): boolean {
  const seen = plain(text);
  return secrets
    .filter((secret) => secret.length >= SHORTEST)
    .some((secret) => [secret, ...base64Cores(secret)].some((form) => seen.includes(plain(form))));
}

/** In small letters, without escapes and blanks: what all spellings of a secret have in common. */
function plain(text: string): string {
  return text
    .replace(/%([0-9a-f]{2})|\\u00([0-9a-f]{2})/gi, (_, percent?: string, unicode?: string) =>
      String.fromCharCode(Number.parseInt(percent ?? unicode ?? '20', 16)),
    )
    .replace(/\\[nrt]|[\\\s]/g, '')
    .toLowerCase();
}

/** What base64 has of a secret wherever it begins in what was encoded, without the letters it shares with its surroundings. */
function base64Cores(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret);
  return [0, 1, 2].flatMap((offset) => {
    const padded = String.fromCharCode(...new Uint8Array(offset), ...bytes);
    const whole = btoa(padded).replace(/=+$/, '');
    const core = whole.slice(offset === 0 ? 0 : offset + 1, padded.length % 3 === 0 ? undefined : -1);
    return core.length < SHORTEST ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
