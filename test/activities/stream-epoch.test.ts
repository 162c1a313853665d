import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';

import { streamEpoch } from '../../src/activities/stream-epoch.js';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const A_MINUTE = 60_000;

function epoch(turn: number, scheduledMs: number): number {
  const { context } = new MockActivityEnvironment({ currentAttemptScheduledTimestampMs: scheduledMs });
  return streamEpoch(turn, context);
}

describe('what an attempt claims its stream with', () => {
  it('rises with the time within a turn', () => {
    expect(epoch(1, NOW + 1)).toBeGreaterThan(epoch(1, NOW));
  });

  it('rises with the turn, though the clock of Temporal was set back meanwhile', { tags: 'clock-set-back' }, () => {
    expect(epoch(2, NOW - A_MINUTE)).toBeGreaterThan(epoch(1, NOW));
  });

  it('is exact, however many turns there were, in a hundred years', () => {
    const then = Date.parse('2109-01-01T00:00:00Z');
    expect(epoch(1000, then + 1) - epoch(1000, then)).toBe(1);
    expect(Number.isSafeInteger(epoch(1000, then))).toBe(true);
    expect(epoch(2, 0)).toBeGreaterThan(epoch(1, then));
  });
});
