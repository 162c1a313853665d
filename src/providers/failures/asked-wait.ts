import { isJsonObject, ownValue, type JsonObject } from '../../core/json/json.js';
import { listAt, objectAt, textAt } from '../../core/json/json-fields.js';

export type HeaderValues = Readonly<Record<string, string | string[] | undefined>>;

/** An hour: a longer wait is a server's mistake, and a turn that would wait for it has failed. */
const LONGEST_WAIT_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** A count of seconds above this is a time, and one above the next is a time in milliseconds. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MILLISECONDS = 1e12;
const LIMITED = [429, 503];

interface Moment {
  readonly nowMs: number;
  readonly status: number;
}

/**
 * How long the headers of an answer ask us to wait: `retry-after-ms`, else Retry-After, else, where a limit was hit, what
 * `x-ratelimit-reset-*` and its like say. At most an hour; `undefined` when they ask for nothing, for no wait at all, or for
 * one that is over.
 */
export function waitInHeaders(headers: HeaderValues, { nowMs, status }: Moment): number | undefined {
  const milliseconds = positive(decimal(valueOf(headers, 'retry-after-ms')) ?? Number.NaN);
  const wait = milliseconds ?? readWait(valueOf(headers, 'retry-after'), nowMs);
  return wait ?? (LIMITED.includes(status) ? waitForReset(headers, nowMs) : undefined);
}

/** How long the body of an error asks us to wait: Google's RetryInfo, `retry_after`, or in words. */
export function waitInBody(body: JsonObject | undefined, message: string): number | undefined {
  const error = objectAt(body ?? {}, 'error');
  const details = listAt(error, 'details').filter(isJsonObject);
  const delay = details.map((detail) => textAt(detail, 'retryDelay')).find((text) => text !== '');
  const seconds = [error, body ?? {}]
    .map((object) => ownValue(object, 'retry_after'))
    .find((value) => typeof value === 'number');
  const words =
    /\b(?:try again|retry) (?:in|after) ((?:\d{1,9}(?:\.\d{1,9})? ?(?:ms|milliseconds?|[dhms]|seconds?|minutes?|hours?)){1,4})\b/i.exec(
      message,
    )?.[1];
  const inWords = words
    ?.toLowerCase()
    .replace(/ /g, '')
    .replace(/milliseconds?/g, 'ms')
    .replace(/(?:second|minute|hour)s?/g, (unit) => unit.charAt(0));
  return readWait(delay, 0) ?? readWait(seconds === undefined ? undefined : String(seconds), 0) ?? readWait(inWords, 0);
}

/** The latest reset of the limits that are used up; where none says so, the first to come. */
function waitForReset(headers: HeaderValues, nowMs: number): number | undefined {
  const resets = Object.keys(headers).filter((name) => /rate-?limit/.test(name) && name.includes('reset'));
  const waits = resets.flatMap((name) => {
    const wait = readWait(valueOf(headers, name), nowMs);
    const isUsedUp = valueOf(headers, name.replace('reset', 'remaining')) === '0';
    return wait === undefined ? [] : [{ wait, isUsedUp }];
  });
  const usedUp = waits.filter(({ isUsedUp }) => isUsedUp).map(({ wait }) => wait);
  if (usedUp.length > 0) return Math.max(...usedUp);
  return waits.length === 0 ? undefined : Math.min(...waits.map(({ wait }) => wait));
}

/** Seconds, a duration as Go writes it (`6m0s`), a time in seconds or milliseconds since 1970, or a date. */
export function readWait(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const number = decimal(text);
  if (number !== undefined) {
    if (number >= EPOCH_MILLISECONDS) return positive(number - nowMs);
    return positive(number >= EPOCH_SECONDS ? number * 1000 - nowMs : number * 1000);
  }
  const duration = durationMs(text);
  if (duration !== undefined) return positive(duration);
  // Date.parse reads bare numbers as years, so a date must at least name a month or be a whole one.
  return /[a-z]{3}|^\d{4}-\d\d-\d\dT/i.test(text) ? positive(Date.parse(text) - nowMs) : undefined;
}

function durationMs(text: string): number | undefined {
  if (text.length > 40 || !/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|[smhd]))+$/.test(text)) return undefined;
  return text
    .split(/(?<=[a-zµ])(?=\d)/)
    .map((part) => Number.parseFloat(part) * (UNITS[part.replace(/^[\d.]+/, '')] ?? 0))
    .reduce((left, right) => left + right, 0);
}

export function decimal(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** Nought, the past and what is no number are no wait: our own is the least. */
function positive(waitMs: number): number | undefined {
  return waitMs > 0 ? Math.ceil(Math.min(waitMs, LONGEST_WAIT_MS)) : undefined;
}

export function valueOf(headers: HeaderValues, name: string): string | undefined {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value)?.trim();
}
