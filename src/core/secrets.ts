/** Shorter ones would hide words that are no secrets. */
const SHORTEST = 6;

/** Hides secrets wherever they turn up in a text, also as they look within JSON or an address. */
export function secretMask(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= SHORTEST)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  // Longest first: one that is part of another must not leave the rest of it behind.
  const unique = [...new Set(forms)].sort((left, right) => right.length - left.length);
  return (text) => unique.reduce((masked, form) => masked.replaceAll(form, '[secret]'), text);
}
