import { describe, expect, it } from 'vitest';
import { readResponseFacts } from '../../src/providers/response-facts.js';

const NOW_MS = Date.parse('2026-11-23T05:00:00Z');

describe('readResponseFacts', () => {
  it.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Mon, 23 Nov 2026 05:00:07 GMT' }, 7_000],
    [{ 'retry-after': 'Mon, 23 Nov 2026 04:00:00 GMT' }, 0],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    [{ 'retry-after': '99999999999' }, 3_600_000],
    [{ 'retry-after': ['3', '4'] }, 3_000],
  ])('reads the wait of %j', (headers, retryAfterMs) => {
    expect(readResponseFacts(headers, NOW_MS)).toEqual({ retryAfterMs });
  });

  it.each([{ 'retry-after': 'soon' }, { 'retry-after': '-5' }, { 'retry-after': '' }, { 'retry-after': 'NaN' }])(
    'takes %j as no wish at all',
    (headers) => {
      expect(readResponseFacts(headers, NOW_MS)).toEqual({});
    },
  );

  it('reads the request id and the wish for a retry', () => {
    const headers = { 'request-id': 'req-1', 'x-should-retry': 'false' };
    expect(readResponseFacts(headers, NOW_MS)).toEqual({ providerRequestId: 'req-1', shouldRetry: false });
  });
});
