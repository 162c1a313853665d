import { describe, expect, it } from 'vitest';

import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import { nextRecordPart, uncountedRecordPart, widestRecordPart } from '../../../src/core/tokens/record-part.js';
import { NOW } from '../../support/builders.js';

const event = { type: 'UPDATED', version: 1, place: 'a', timestamp: NOW } as const;

function events(count: number, bytes = 10) {
  return Array.from({ length: count }, (_, number) => ({ ...event, number, details: 'x'.repeat(bytes) }));
}

function executions(count: number, bytes = 10) {
  return Array.from({ length: count }, (_, index) =>
    pendingExecution({ executionId: `e-${index}`, agentId: 'a', input: 'x'.repeat(bytes) }, NOW),
  );
}

describe('what goes into one record', () => {
  it('is everything, where that is little', () => {
    const unrecorded = { events: events(20), executions: executions(5) };
    expect(nextRecordPart(unrecorded)).toEqual({ events: 20, executions: 5 });
    expect(uncountedRecordPart(unrecorded)).toEqual({ events: 20, executions: 5 });
  });

  it('is as many events as a payload has room for, and at least one', () => {
    expect(nextRecordPart({ events: events(2000), executions: [] }).events).toBe(500);
    expect(nextRecordPart({ events: events(100, 10_000), executions: [] }).events).toBe(25);
    expect(nextRecordPart({ events: events(2, 1_000_000), executions: [] }).events).toBe(1);
    expect(nextRecordPart({ events: [], executions: [] })).toEqual({ events: 0, executions: 0 });
  });

  it('has no event before all executions are stored, of which there may be one that is too large for company', () => {
    expect(nextRecordPart({ events: events(3), executions: executions(20, 250_000) })).toEqual({
      events: 0,
      executions: 2,
    });
    expect(nextRecordPart({ events: events(3), executions: executions(2, 700_000) })).toEqual({
      events: 0,
      executions: 1,
    });
    expect(nextRecordPart({ events: events(3), executions: executions(1, 700_000) })).toEqual({
      events: 3,
      executions: 1,
    });
  });

  it('is whatever fits into one payload, where all that waits is to go out at once', () => {
    expect(widestRecordPart({ events: events(5000), executions: executions(5) })).toEqual({
      events: 5000,
      executions: 5,
    });
    expect(widestRecordPart({ events: events(500, 10_000), executions: [] }).events).toBe(129);
    expect(widestRecordPart({ events: events(3), executions: executions(20, 250_000) })).toEqual({
      events: 0,
      executions: 5,
    });
    expect(widestRecordPart({ events: events(3), executions: executions(1, 1_400_000) })).toEqual({
      events: 1,
      executions: 1,
    });
  });
});
