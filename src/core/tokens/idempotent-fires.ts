import { fingerprint } from '../json/fingerprint.js';
import type { FireRequest } from './fire-request.js';
import { canonicalJson } from '../json/json.js';
import { utf8Length } from '../json/utf8-length.js';

/** Accepted fires by idempotency key, oldest first. */
export type IdempotentFires = readonly IdempotentFire[];

interface IdempotentFire {
  readonly key: string;
  /** A fingerprint of what was asked for, apart from the key: the data alone may be large. */
  readonly content: string;
  readonly executionId?: string;
}

export const REMEMBERED_FIRES = 1000;

/** As JSON in UTF-8. They are a payload of their own, which Temporal takes up to 2 MiB: keys of control characters are long. */
export const MAX_CARRIED_FIRES_BYTES = 1024 * 1024;

export type FireRecall =
  | { readonly type: 'new' }
  | { readonly type: 'repeated'; readonly executionId?: string }
  | { readonly type: 'mismatch' };

/** Tells whether a fire was accepted before: the same key and content are the same fire, other content is not allowed. */
export function recallFire(fires: IdempotentFires, request: FireRequest): FireRecall {
  const known = fires.find((fire) => fire.key === request.idempotencyKey);
  if (request.idempotencyKey === undefined || known === undefined) return { type: 'new' };
  if (known.content !== contentOf(request)) return { type: 'mismatch' };
  return known.executionId === undefined ? { type: 'repeated' } : { type: 'repeated', executionId: known.executionId };
}

/** Remembers an accepted fire; without a key there is nothing to remember. The oldest are forgotten. */
export function rememberFire(
  fires: IdempotentFires,
  request: FireRequest,
  executionId: string | undefined,
): IdempotentFires {
  if (request.idempotencyKey === undefined) return fires;
  const fire = {
    key: request.idempotencyKey,
    content: contentOf(request),
    ...(executionId === undefined ? {} : { executionId }),
  };
  return [...fires, fire].slice(-REMEMBERED_FIRES);
}

/** Those that a new run of the token goes on with: as many of the newest as fit into MAX_CARRIED_FIRES_BYTES. */
export function carriedFires(fires: IdempotentFires): IdempotentFires {
  let [bytes, first] = ['[]'.length, fires.length];
  for (const fire of fires.toReversed()) {
    bytes += utf8Length(JSON.stringify(fire)) + ','.length;
    if (bytes > MAX_CARRIED_FIRES_BYTES) break;
    first -= 1;
  }
  return fires.slice(first);
}

function contentOf({ transitionId, data, expectedVersion }: FireRequest): string {
  const content = { transitionId, data: data ?? null, expectedVersion: expectedVersion ?? null };
  return fingerprint(canonicalJson(content));
}
