import { expect, it } from 'vitest';

import { eventLine } from '../../../src/cli/operator/event-line.js';

it('says that an agent works in the shadow: its answer is not what moved the token', () => {
  const started = { type: 'EXECUTION_STARTED', place: 'submitted', executionId: 'e' } as const;
  expect(eventLine({ ...started, details: { agentId: 'a' } })).toBe('An agent works: execution e');
  expect(eventLine({ ...started, details: { agentId: 'a', shadow: true } })).toBe(
    'An agent works in the shadow: execution e',
  );
  const finished = { type: 'EXECUTION_FINISHED', place: 'reviewed', executionId: 'e' } as const;
  expect(eventLine({ ...finished, details: { status: 'succeeded', shadow: true } })).toBe(
    'The agent in the shadow has ended: succeeded',
  );
});
