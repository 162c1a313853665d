const REFERENCE = /\$\{([^}]*)\}/g;

/** A header with its `${…}` references filled in, in one pass: a secret is never expanded again. */
export function fillReferences(headerValue: string, valueOf: (name: string) => string): string {
  return headerValue.replaceAll(REFERENCE, (_, name: string) => valueOf(name));
}

/** Visible characters, spaces and tabs of Latin-1: what an HTTP header can carry without changing the request. */
export function isHeaderText(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** The names that a header's value refers to, in their order. */
export function referencesIn(headerValue: string): readonly string[] {
  return [...headerValue.matchAll(REFERENCE)].map((match) => match[1] ?? '');
}
