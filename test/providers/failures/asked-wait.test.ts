import { describe, expect, it } from 'vitest';
import { waitInBody, waitInHeaders } from '../../../src/providers/failures/asked-wait.js';

const nowMs = Date.parse('2026-11-23T05:00:00Z');
const inSeconds = (seconds: number) => String(nowMs / 1000 + seconds);
const wait = (headers: Readonly<Record<string, string>>, status = 429) => waitInHeaders(headers, { nowMs, status });

describe('the wait that headers ask for', () => {
  it.each([
    [{ 'retry-after': '1m30s' }, 90_000],
    [{ 'retry-after': inSeconds(7) }, 7_000],
    [{ 'retry-after': '2026-11-23T05:00:07Z' }, 7_000],
    [{ 'retry-after-ms': '0', 'retry-after': '9' }, 9_000],
    [{ 'retry-after-ms': '-1', 'retry-after': '9' }, 9_000],
    [{ 'retry-after': '0', 'x-ratelimit-reset-requests': '3s' }, 3_000],
  ])('is read from %j', (headers, ms) => {
    expect(wait(headers)).toBe(ms);
  });

  it.each([
    '0',
    '0.0',
    '-5',
    'soon',
    '',
    'NaN',
    'Infinity',
    '0s',
    'Mon, 23 Nov 2026 04:00:00 GMT',
    '2026-11-23T04:59:59Z',
    inSeconds(-1),
  ])('is none in %j: our own backoff is the least', (text) => {
    const headers = { 'retry-after': text, 'x-ratelimit-reset-tokens': text };
    expect(wait(headers)).toBeUndefined();
  });

  it.each([
    ['1s', 1_000],
    ['6m0s', 360_000],
    ['1m26.4s', 86_400],
    ['350ms', 350],
    ['23h59m', 3_600_000],
    ['10', 10_000],
    [inSeconds(20), 20_000],
    [`${inSeconds(20)}000`, 20_000],
    ['2026-11-23T05:00:20.5Z', 20_500],
  ])('is read from a reset of %s', (text, ms) => {
    for (const name of [
      'x-ratelimit-reset-requests',
      'x-ratelimit-reset',
      'ratelimit-reset',
      'anthropic-ratelimit-tokens-reset',
    ]) {
      expect(wait({ [name]: text })).toBe(ms);
    }
  });

  it('is the last reset of the limits that are used up, or else the first of all', () => {
    const resets = { 'x-ratelimit-reset-requests': '2s', 'x-ratelimit-reset-tokens': '6m0s' };
    expect(wait(resets)).toBe(2_000);
    expect(wait({ ...resets, 'x-ratelimit-remaining-tokens': '0' })).toBe(360_000);
    expect(wait({ ...resets, 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-remaining-tokens': '17' })).toBe(
      2_000,
    );
  });

  it('is no reset of an answer that hit no limit', () => {
    expect(wait({ 'x-ratelimit-reset-tokens': '6m0s' }, 500)).toBeUndefined();
  });
});

describe('the wait that a body asks for', () => {
  it.each([
    [{ error: { details: [{ '@type': 'x' }, { retryDelay: '34.5s' }] } }, '', 34_500],
    [{ error: { retry_after: 1.5 } }, '', 1_500],
    [undefined, 'Rate limit reached. Please try again in 6m0s. Visit …', 360_000],
    [undefined, 'Please retry after 1 second.', 1_000],
    [undefined, 'Try again in 20ms', 20],
    [undefined, 'try again in 2 minutes', 120_000],
    [{ error: { details: [{ retryDelay: '0s' }] } }, 'try again later', undefined],
  ])('is read from %j and %j', (body, message, ms) => {
    expect(waitInBody(body, message)).toBe(ms);
  });
});
