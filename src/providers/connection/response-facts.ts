import type { ModelErrorFacts } from '../../core/executions/model-error.js';
import { waitInHeaders, valueOf, type HeaderValues } from '../failures/asked-wait.js';
import { showsSecret } from '../../core/secrets.js';

const REQUEST_ID_HEADERS = ['x-request-id', 'request-id', 'apim-request-id'];

/** What only the headers of an answer say, and what the SDKs do not pass on. An id that repeats a secret is none. */
export function readResponseFacts(
  headers: HeaderValues,
  { nowMs, status, secrets }: { readonly nowMs: number; readonly status: number; readonly secrets: readonly string[] },
): ModelErrorFacts {
  const retryAfterMs = waitInHeaders(headers, { nowMs, status });
  const shouldRetry = valueOf(headers, 'x-should-retry');
  const providerRequestId = REQUEST_ID_HEADERS.map((name) => valueOf(headers, name)).find(
    (id): id is string => isRequestId(id) && !showsSecret(id, secrets),
  );
  return {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(shouldRetry === 'true' || shouldRetry === 'false' ? { shouldRetry: shouldRetry === 'true' } : {}),
    ...(providerRequestId === undefined ? {} : { providerRequestId }),
  };
}

function isRequestId(text: string | undefined): text is string {
  return text !== undefined && /^[\x21-\x7e]{1,200}$/.test(text);
}
