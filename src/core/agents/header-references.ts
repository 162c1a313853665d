const OPENS = '${';
const CLOSES = '}';

interface HeaderPart {
  /** What stands before the reference, or at the end. */
  readonly text: string;
  readonly reference?: string;
}

/** Each letter is looked at once: a pattern would look for the end again from every `${` of a value that has none. */
function* partsOf(headerValue: string): Generator<HeaderPart> {
  let at = 0;
  for (;;) {
    const opened = headerValue.indexOf(OPENS, at);
    const closed = opened === -1 ? -1 : headerValue.indexOf(CLOSES, opened);
    if (closed === -1) break;
    yield { text: headerValue.slice(at, opened), reference: headerValue.slice(opened + OPENS.length, closed) };
    at = closed + CLOSES.length;
  }
  yield { text: headerValue.slice(at) };
}

/** A header with its `${…}` references filled in, in one pass: a secret is never expanded again. */
export function fillReferences(headerValue: string, valueOf: (name: string) => string): string {
  const filled = ({ text, reference }: HeaderPart) => text + (reference === undefined ? '' : valueOf(reference));
  return [...partsOf(headerValue)].map(filled).join('');
}

/** Visible characters, spaces and tabs of Latin-1: what an HTTP header can carry without changing the request. */
export function isHeaderText(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** The names that a header's value refers to, in their order. */
export function referencesIn(headerValue: string): readonly string[] {
  return [...partsOf(headerValue)].flatMap(({ reference }) => reference ?? []);
}
