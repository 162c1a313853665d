import { expect, it } from 'vitest';

import type { ApiClient } from '../../../src/cli/api-client.js';
import { followToken, type FollowedFact } from '../../../src/cli/operator/follow-token.js';
import type { ClientParts } from '../../../src/cli/run-client.js';

const TOKEN = {
  ...{ id: 't', workflowId: 'review', workflowVersion: 1, place: 'done', status: 'COMPLETED' },
  ...{ pending: null, incident: null, history: [], transitions: [], data: {}, metadata: {}, version: 2 },
  ...{ createdAt: '2026-11-30T10:00:00.000Z', updatedAt: '2026-11-30T10:00:00.000Z' },
};
const MOVED = { sequence: 2, type: 'TRANSITION_FIRED', place: 'done', transitionId: 'finish', executionId: null };
const EVENT = { ...MOVED, details: { from: 'reviewed', to: 'done' } };

it('shows what was recorded between the look at the events of a token and the one that finds it over', async () => {
  const asked: string[] = [];
  const recorded: object[] = [];
  const api = {
    query: (query: string, { after }: Record<string, unknown>) => {
      const isOfEvents = query.includes('tokenEvents');
      asked.push(isOfEvents ? `events after ${String(after)}` : 'token');
      if (isOfEvents) return Promise.resolve({ tokenEvents: after === 1 ? [...recorded] : [] });
      // The token ends just before it is looked at.
      if (recorded.length === 0) recorded.push(EVENT);
      return Promise.resolve({ token: TOKEN });
    },
  } as unknown as ApiClient;
  const said: string[] = [];
  const parts: ClientParts = {
    api,
    say: (line) => said.push(line),
    print: () => undefined,
    ending: new AbortController().signal,
  };
  const told: FollowedFact[] = [];
  const desks = { approvals: undefined as never, fires: { attend: () => Promise.reject(new Error('it is over')) } };
  expect(await followToken(parts, { id: 't', after: 1, tell: (fact) => told.push(fact) }, desks)).toBe(0);
  expect(told).toEqual([EVENT, TOKEN]);
  expect(said.join('\n')).toContain('finish');
  expect(asked).toEqual(['events after 1', 'token', 'events after 1', 'events after 2', 'token']);
});
