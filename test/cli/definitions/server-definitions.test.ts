import { describe, expect, it } from 'vitest';

import { serverContents } from '../../../src/cli/definitions/server-definitions.js';
import { CircuitBreakerError } from '../../../src/core/errors.js';

interface PageAsked {
  readonly first: number;
  readonly after?: string;
}

const IDS = Array.from({ length: 330 }, (_, index) => `a${String(index).padStart(3, '0')}`);

/** A server with these agents and as many workflows, that answers no more than `most` at once. */
function serverWith(ids: readonly string[], most: number) {
  const asked: PageAsked[] = [];
  return {
    asked,
    query: <Data>(_query: string, variables: Record<string, unknown>): Promise<Data> => {
      const { first, after = '' } = variables as unknown as PageAsked;
      asked.push({ first, after });
      if (first > most) return Promise.reject(new CircuitBreakerError('QUERY_TOO_COSTLY', 'too much'));
      const page = ids.filter((id) => id > after).slice(0, first);
      return Promise.resolve({ page: page.map((id) => ({ id, hash: id, placeAgents: [] })) } as Data);
    },
  };
}

describe('what a server has', () => {
  it.each([200, 100, 37, 1])('comes whole, page by page, where it answers %i at once', async (most) => {
    const api = serverWith(IDS, most);
    const { agentIds, workflows } = await serverContents(api);
    expect(agentIds).toEqual(IDS);
    expect(workflows.map(({ id }) => id)).toEqual(IDS);
    expect(Math.max(...api.asked.map(({ first }) => first))).toBe(100);
  });

  it('is not asked for again where even one is too much', async () => {
    const api = serverWith(IDS, 0);
    await expect(serverContents(api)).rejects.toThrow('too much');
    expect(api.asked.length).toBeLessThan(10);
  });
});
