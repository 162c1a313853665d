import { describe, expect, it } from 'vitest';

import { newestSequence } from '../../../src/cli/operator/shown-events.js';

/** A server that has so many events of a token. */
function apiWith(count: number) {
  const api = {
    requests: 0,
    query: <Data>(_query: string, { after, first }: Record<string, unknown>): Promise<Data> => {
      api.requests += 1;
      const all = Array.from({ length: count }, (_, index) => ({ sequence: index + 1 }));
      return Promise.resolve({ tokenEvents: all.slice(Number(after), Number(after) + Number(first)) } as Data);
    },
  };
  return api;
}

describe('the newest event of a token', () => {
  it.each([0, 1, 99, 100, 101, 200, 201, 5432])('is found among %i', async (count) => {
    expect(await newestSequence(apiWith(count), 'token')).toBe(count);
  });

  it('takes one request where there are few, and not many where there are very many', async () => {
    const [few, many] = [apiWith(12), apiWith(100_000)];
    await newestSequence(few, 'token');
    await newestSequence(many, 'token');
    expect(few.requests).toBe(1);
    expect(many.requests).toBeLessThan(30);
  });
});
