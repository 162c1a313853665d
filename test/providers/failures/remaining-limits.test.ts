import { describe, expect, it } from 'vitest';

import { waitForRoom } from '../../../src/providers/failures/remaining-limits.js';

const nowMs = Date.parse('2026-11-30T05:00:00Z');
const need = { inputTokens: 800, outputTokens: 200 };
const wait = (headers: Readonly<Record<string, string>>) => waitForRoom(headers, need, nowMs);
const tokens = (remaining: string, reset: string, limit?: string) => ({
  'x-ratelimit-remaining-tokens': remaining,
  'x-ratelimit-reset-tokens': reset,
  ...(limit === undefined ? {} : { 'x-ratelimit-limit-tokens': limit }),
});

describe('what is left of a limit', () => {
  it.each([
    ['enough for a call like the last', tokens('1000', '6s', '10000'), undefined],
    ['too little: the rest until its reset', tokens('999', '6s'), 6_000],
    ['too little: as much of the time as it needs to fill up', tokens('0', '10s', '10000'), 1_000],
    ['less than a call that needs more than there ever is', tokens('100', '9s', '900'), 9_000],
    ['all of it, for such a call', tokens('900', '9s', '900'), undefined],
    ['no request', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '250ms' }, 250],
    ['a limit of a day, which its provider refuses by itself', tokens('0', '8h0m0s'), 60_000],
    [
      'of several the one that takes longest',
      { ...tokens('0', '3s'), 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '7s' },
      7_000,
    ],
    [
      'of Anthropic, which counts input by itself',
      {
        'anthropic-ratelimit-input-tokens-limit': '50000',
        'anthropic-ratelimit-input-tokens-remaining': '700',
        'anthropic-ratelimit-input-tokens-reset': '2026-11-30T05:00:30Z',
      },
      61,
    ],
    [
      'of Anthropic: the output is counted as it is written',
      {
        'anthropic-ratelimit-output-tokens-remaining': '10',
        'anthropic-ratelimit-output-tokens-reset': '2026-11-30T05:00:30Z',
      },
      undefined,
    ],
    [
      'of Anthropic: its tightest limit is one of the others',
      {
        'anthropic-ratelimit-tokens-remaining': '900',
        'anthropic-ratelimit-tokens-reset': '2026-11-30T05:00:30Z',
        'anthropic-ratelimit-input-tokens-remaining': '900',
        'anthropic-ratelimit-input-tokens-reset': '2026-11-30T05:00:30Z',
      },
      undefined,
    ],
    ['nothing that anybody could read', tokens('none', 'soon'), undefined],
    ['a limit without a reset', { 'x-ratelimit-remaining-tokens': '0' }, undefined],
    ['a reset that is over', tokens('0', '2026-11-30T04:59:00Z'), undefined],
    ['less than nothing, as some say of what is unlimited', tokens('-1', '60s'), undefined],
    ['a limit of something else', { 'x-ratelimit-remaining-images': '0', 'x-ratelimit-reset-images': '9s' }, undefined],
  ])('%s', (_, headers, waitMs) => {
    expect(wait(headers)).toBe(waitMs);
  });
});
