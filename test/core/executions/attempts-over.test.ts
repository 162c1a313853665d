import { expect, it } from 'vitest';

import { withFinishedTurns, withUnnotedTurns } from '../../../src/core/executions/attempts-over.js';
import type { ModelAttempt } from '../../../src/core/executions/execution.js';

const attempt = (turn: number, number: number, outcome: ModelAttempt['outcome']): ModelAttempt => ({
  ...{ turn, attempt: number, outcome },
  ...{ provider: 'mock', model: 'mock-1', startedAt: '2026-11-29T12:00:00.000Z' },
});

it('the last attempt of a finished turn finished it, one before it is lost, and one of a turn that is not finished runs', () => {
  const attempts = [
    attempt(1, 1, 'running'),
    attempt(1, 2, 'running'),
    attempt(2, 1, 'failed'),
    attempt(2, 2, 'completed'),
    attempt(3, 1, 'running'),
  ];
  expect(withFinishedTurns(attempts, 2).map(({ outcome }) => outcome)).toEqual([
    'lost',
    'completed',
    'failed',
    'completed',
    'running',
  ]);
  expect(withFinishedTurns(attempts, 3).at(-1)?.outcome).toBe('completed');
});

it('a finished turn of which nothing was noted has a completed attempt, in its place, and one that has one gets no other', () => {
  const noted = [attempt(1, 1, 'completed'), attempt(3, 1, 'lost')];
  const unnoted = { provider: 'mock', model: 'mock-1', startedAt: '2026-11-29T12:00:00.000Z' } as const;
  expect(withUnnotedTurns(noted, 3, unnoted)).toEqual([
    attempt(1, 1, 'completed'),
    attempt(2, 1, 'completed'),
    attempt(3, 1, 'lost'),
    attempt(3, 2, 'completed'),
  ]);
  expect(withUnnotedTurns(noted, 1, unnoted)).toBe(noted);
});
