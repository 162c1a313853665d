import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { WaitingSpans } from '../../src/compose/waiting-spans.js';
import { MemoryLogger } from '../support/memory-logger.js';

let logger: MemoryLogger;
let nowMs: number;

beforeEach(() => {
  logger = new MemoryLogger();
  nowMs = 0;
});

afterEach(() => {
  vi.useRealTimers();
});

const waiting = (most: number) => new WaitingSpans({ most, logger, nowMs: () => nowMs });
const dropped = () => logger.lines.map(({ facts }) => (facts as { dropped: number }).dropped);

it('so many spans wait, and more only when some have left', () => {
  const spans = waiting(10);
  expect([spans.enter(6), spans.enter(5), spans.enter(4), spans.enter(1)]).toEqual([true, false, true, false]);
  spans.leave(6);
  expect([spans.enter(6), spans.enter(1)]).toEqual([true, false]);
});

it('how many are dropped is told at once, then once a minute, and at the end: each once', () => {
  const spans = waiting(0);
  for (; nowMs < 150_000; nowMs += 1000) spans.enter(2);
  expect(dropped()).toEqual([2, 120, 120]);
  spans.end();
  spans.end();
  expect(dropped()).toEqual([2, 120, 120, 58]);
});

it('those that were dropped last are told a minute later, though no more follow', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const spans = waiting(0);
  for (const count of [3, 4, 5]) spans.enter(count);
  expect(dropped()).toEqual([3]);
  nowMs = 60_000;
  vi.advanceTimersByTime(60_000);
  expect(dropped()).toEqual([3, 9]);
  vi.advanceTimersByTime(600_000);
  expect(dropped()).toEqual([3, 9]);
});

it('nothing is told where nothing is dropped', () => {
  const spans = waiting(10);
  spans.enter(10);
  spans.end();
  expect(dropped()).toEqual([]);
});
