import { describe, expect, it } from 'vitest';
import { readResponseFacts } from '../../../src/providers/connection/response-facts.js';

const facts = { nowMs: Date.parse('2026-11-23T05:00:00Z'), status: 429, secrets: ['planted-key'] };

describe('readResponseFacts', () => {
  it.each([
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after': 'Mon, 23 Nov 2026 05:00:07 GMT' }, 7_000],
    [{ 'retry-after-ms': '1500', 'retry-after': '9' }, 1_500],
    [{ 'retry-after': '99999999999' }, 3_600_000],
    [{ 'retry-after': ['3', '4'] }, 3_000],
  ])('reads the wait of %j', (headers, retryAfterMs) => {
    expect(readResponseFacts(headers, facts)).toEqual({ retryAfterMs });
  });

  it('passes the status on: only a limit that was hit has a reset to wait for', () => {
    const headers = { 'x-ratelimit-reset-requests': '7s' };
    expect(readResponseFacts(headers, facts)).toEqual({ retryAfterMs: 7_000 });
    expect(readResponseFacts(headers, { ...facts, status: 200 })).toEqual({});
  });

  it('reads the request id and the wish for a retry', () => {
    const headers = { 'request-id': 'req-1', 'x-should-retry': 'false' };
    expect(readResponseFacts(headers, facts)).toEqual({ providerRequestId: 'req-1', shouldRetry: false });
  });

  it('takes an id that repeats a secret for none', () => {
    expect(readResponseFacts({ 'x-request-id': 'req-planted-key', 'request-id': 'req-1' }, facts)).toEqual({
      providerRequestId: 'req-1',
    });
  });
});
