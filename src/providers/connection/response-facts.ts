import type { ModelErrorFacts } from '../../core/executions/model-error.js';
import { showsSecret } from '../../core/secrets.js';

type HeaderValues = Readonly<Record<string, string | string[] | undefined>>;

/** An hour: a longer wait is a server's mistake, and a turn that would wait for it has failed. */
const LONGEST_WAIT_MS = 3_600_000;
const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'apim-request-id'];

/** What only the headers of an answer say, and what the SDKs do not pass on. An id that repeats a secret is none. */
export function readResponseFacts(
  headers: HeaderValues,
  { nowMs, secrets }: { readonly nowMs: number; readonly secrets: readonly string[] },
): ModelErrorFacts {
  const retryAfterMs = readRetryAfterMs(headers, nowMs);
  const shouldRetry = first(headers, 'x-should-retry');
  const providerRequestId = REQUEST_ID_HEADERS.map((name) => first(headers, name)).find(
    (id): id is string => isRequestId(id) && !showsSecret(id, secrets),
  );
  return {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(shouldRetry === 'true' || shouldRetry === 'false' ? { shouldRetry: shouldRetry === 'true' } : {}),
    ...(providerRequestId === undefined ? {} : { providerRequestId }),
  };
}

/** `retry-after-ms`, else Retry-After as seconds or as an HTTP date; at least 0, at most an hour. */
function readRetryAfterMs(headers: HeaderValues, nowMs: number): number | undefined {
  const milliseconds = readDecimal(first(headers, 'retry-after-ms'));
  if (milliseconds !== undefined) return bounded(milliseconds);
  const text = first(headers, 'retry-after');
  const seconds = readDecimal(text);
  if (seconds !== undefined) return bounded(seconds * 1000);
  // Date.parse reads bare numbers as years, so a date must at least name a month.
  const date = text !== undefined && /[a-z]{3}/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : bounded(date - nowMs);
}

function bounded(waitMs: number): number {
  return Math.ceil(Math.min(Math.max(waitMs, 0), LONGEST_WAIT_MS));
}

function readDecimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function isRequestId(text: string | undefined): text is string {
  return text !== undefined && /^[\x21-\x7e]{1,200}$/.test(text);
}

function first(headers: HeaderValues, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim();
}
