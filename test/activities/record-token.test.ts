import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';

import type { ActivityParts } from '../../src/activities/activity-parts.js';
import { recordToken } from '../../src/activities/record-token.js';
import type { TokenRecord } from '../../src/core/tokens/token-record.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { aDefinition, aToken, NOW } from '../support/builders.js';
import { MemoryLogger } from '../support/memory-logger.js';
import { measured } from '../support/metrics.js';
import { untraced } from '../support/traces.js';

const token = aToken(aDefinition());
const event = { version: 1, place: token.place, timestamp: NOW };

function fired(from: number, to: number): TokenRecord {
  const numbers = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const events = numbers.map((number) => ({ ...event, number, type: 'TRANSITION_FIRED', transitionId: 'go' }) as const);
  return { token, events, executions: [] };
}

it('what an earlier attempt has recorded counts once: of a record only what is new', async () => {
  const logger = new MemoryLogger();
  const { storage } = await openStorage('memory:', { logger });
  const { metrics, valueOf } = measured();
  const parts = { storage, logger, metrics, traces: untraced } as unknown as ActivityParts;
  const record = async (given: TokenRecord) => {
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    return await environment.run(() => recordToken(parts, given));
  };
  const raised = { ...event, number: 3, type: 'INCIDENT_RAISED', details: { code: 'server' } } as const;
  const whole = { ...fired(1, 2), events: [...fired(1, 2).events, raised] };
  for (const given of [whole, whole, fired(2, 2)]) expect(await record(given)).toEqual({});
  expect(await valueOf('circuit_breaker_transitions_total', { transition: 'go' })).toBe(2);
  expect(await valueOf('circuit_breaker_incidents_raised_total', { code: 'server' })).toBe(1);
});
