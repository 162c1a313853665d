import { fillReferences, isHeaderText, referencesIn } from '../../core/agents/header-references.js';
import { isCredentialName } from '../../core/secrets.js';
import { ToolError } from '../tool-error.js';

/** Gives the secret of a `CREDENTIAL_…` variable for a request to a host. Throws ToolError where that host may not have it. */
export type SecretFor = (name: string, url: URL) => string;

const MOST_HEADERS = 50;
const MOST_BYTES = 8 * 1024;
const NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/;
/** What is the connection's own: whoever sets it says something else than is sent. */
const NOT_GIVEN =
  /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|keep-alive|expect|accept-encoding|proxy-.*)$/;
/** Not for another host than the one that they were written for. */
const FIRST_HOST_ONLY: ReadonlySet<string> = new Set(['authorization', 'cookie', 'x-api-key']);

export type GivenHeaders = ReadonlyMap<string, string>;

/** Headers as a model wrote them, by their names in small letters. Throws ToolError that says what to do. */
export function readHeaders(given: Readonly<Record<string, string>>): GivenHeaders {
  const headers = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value.trim()]));
  if (headers.size > MOST_HEADERS || JSON.stringify(given).length > MOST_BYTES) {
    throw new ToolError(`A request has at most ${MOST_HEADERS} headers and ${MOST_BYTES} bytes of them. Send fewer.`);
  }
  for (const [name, value] of headers) {
    if (!NAME.test(name) || !isHeaderText(value))
      throw new ToolError(`"${name.slice(0, 100)}" is no header. Leave it out.`);
    if (NOT_GIVEN.test(name)) throw new ToolError(`The header ${name} is set for you. Leave it out.`);
    const wrong = referencesIn(value).find((reference) => !isCredentialName(reference));
    if (wrong !== undefined)
      throw new ToolError(`\${${wrong.slice(0, 100)}} is no credential: write \${CREDENTIAL_…}.`);
  }
  return headers;
}

/** The headers for one host, with credentials filled in that are bound to it. What was meant for the first host goes to no other. */
export function headersFor(
  headers: GivenHeaders,
  { url, isFirst }: { readonly url: URL; readonly isFirst: boolean },
  secretFor: SecretFor,
): Record<string, string> {
  const kept = [...headers].filter(
    ([name, value]) => isFirst || (!FIRST_HOST_ONLY.has(name) && referencesIn(value).length === 0),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, fillReferences(value, (ref) => secretFor(ref, url))]));
}
