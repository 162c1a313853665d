import { decimal, readWait, valueOf, type HeaderValues } from './asked-wait.js';

/** What a call takes of the limits of its provider, estimated. */
export interface CallNeed {
  readonly inputTokens: number;
  /** What it may write at most, as far as the request says. */
  readonly outputTokens: number;
}

/** Limits of a minute are full again by then; of longer ones the provider says so itself, when it refuses. */
const LONGEST_MS = 60_000;

/**
 * How long a call like the one that these headers answer had better wait, since what is left of a limit (`x-ratelimit-remaining-*`,
 * `anthropic-ratelimit-*-remaining`) is too little for it; `undefined`: not at all. A minute at most. A limit fills up evenly until
 * its reset, and a call that needs more than all of it waits until it is full.
 */
export function waitForRoom(headers: HeaderValues, need: CallNeed, nowMs: number): number | undefined {
  const waits = Object.keys(headers)
    .filter((name) => /rate-?limit/.test(name) && name.includes('remaining') && !isSum(name, headers))
    .flatMap((name) => waitFor(name, headers, { need, nowMs }) ?? []);
  return waits.length === 0 ? undefined : Math.min(LONGEST_MS, Math.max(...waits));
}

function waitFor(
  name: string,
  headers: HeaderValues,
  { need, nowMs }: { readonly need: CallNeed; readonly nowMs: number },
): number | undefined {
  const remaining = decimal(valueOf(headers, name));
  const resetMs = readWait(valueOf(headers, name.replace('remaining', 'reset')), nowMs);
  const needed = neededOf(name, need);
  if (remaining === undefined || resetMs === undefined || needed === undefined) return undefined;
  const limit = decimal(valueOf(headers, name.replace('remaining', 'limit'))) ?? Number.POSITIVE_INFINITY;
  const wanted = Math.min(needed, limit);
  if (remaining >= wanted) return undefined;
  const share = Number.isFinite(limit) ? (wanted - remaining) / (limit - remaining) : 1;
  return Math.ceil(resetMs * share);
}

/** Anthropic says the tightest of its limits once more, whichever that is, beside each of them. */
function isSum(name: string, headers: HeaderValues): boolean {
  return name === 'anthropic-ratelimit-tokens-remaining' && 'anthropic-ratelimit-input-tokens-remaining' in headers;
}

/** Tokens of answers are counted as they are written, where they have a limit of their own. */
function neededOf(name: string, { inputTokens, outputTokens }: CallNeed): number | undefined {
  if (name.includes('request')) return 1;
  if (!name.includes('token')) return undefined;
  if (name.includes('output')) return 1;
  return name.includes('input') ? inputTokens : inputTokens + outputTokens;
}
