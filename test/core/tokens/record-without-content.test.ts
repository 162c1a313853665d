import { describe, expect, it } from 'vitest';

import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import { recordWithoutContent } from '../../../src/core/tokens/record-without-content.js';
import type { TokenRecord } from '../../../src/core/tokens/token-record.js';
import { aDefinition, aToken, NOW } from '../../support/builders.js';

const since = NOW;
const patch = { text: 'poison' };
const ids = { transitionId: 'review', executionId: 'doc-1:review:1' };
const token = aToken(aDefinition(), {
  version: 3,
  data: { text: 'poison' },
  pending: { ...ids, since, patch },
  incident: { code: 'auth', message: 'poison', ...ids, since, patch },
});
const event = { type: 'EXECUTION_FINISHED', version: 3, place: 'submitted', timestamp: NOW, number: 4 } as const;
const record: TokenRecord = {
  token,
  events: [
    { ...event, details: { message: 'poison' } },
    { ...event, number: 5 },
    { ...event, number: 6, type: 'INCIDENT_RAISED', details: { code: 'record_refused', message: 'why' } },
  ],
  executions: [pendingExecution({ executionId: 'e', agentId: 'a', input: 'poison' }, NOW)],
};

describe('a record without content', () => {
  const stored = { data: { before: 1 }, metadata: { kept: true } };
  const without = recordWithoutContent(record, stored);

  it('says what happened, to what and when, and nothing that anybody has said', () => {
    expect(JSON.stringify(without)).not.toContain('poison');
    expect(without).toMatchObject({
      token: { version: 3, ...stored, pending: { ...ids, since }, incident: { code: 'auth', ...ids, since } },
      events: [{ number: 4, details: { code: 'record_refused' } }, { number: 5 }, record.events[2]],
      executions: [{ id: 'e', status: 'PENDING', input: {} }],
    });
    expect(without.events[1]).not.toHaveProperty('details');
  });

  it('keeps the words of the incident that says why', () => {
    const incident = { code: 'record_refused', message: 'Storage does not take it.', since } as const;
    const told = recordWithoutContent({ ...record, token: { ...token, incident } }, stored);
    expect(told.token.incident).toEqual(incident);
  });
});
