import { expect, it } from 'vitest';

import type { ModelCall } from '../../src/contract/activities.js';
import { attemptReason } from '../../src/activities/attempt-reason.js';

type Place = Parameters<typeof attemptReason>[1];

const NOTHING = { turn: 1, failures: 0, chunks: 0, characters: 0, tail: '' };

function reason(call: Partial<ModelCall>, { attempt = 1, isFallback = false, lastFailure }: Attempt = {}): string {
  const place = {
    context: { info: { attempt } },
    previous: { ...NOTHING, ...(lastFailure && { lastFailure }) },
    turn: { route: { isFallback } },
  };
  return attemptReason(call as ModelCall, place as Place);
}

interface Attempt {
  readonly attempt?: number;
  readonly isFallback?: boolean;
  readonly lastFailure?: 'server';
}

it('the answer of a batch begins an attempt that is not called the first: its turn began when it joined', () => {
  expect(reason({})).toBe('first');
  expect(reason({ isBatched: true })).toBe('batched');
});

it('what goes on after a failure says of which, and a fallback that it is one, also of a batch', () => {
  expect(reason({ isBatched: true }, { attempt: 2, lastFailure: 'server' })).toBe('server');
  expect(reason({ isBatched: true }, { attempt: 2 })).toBe('worker_lost');
  expect(reason({ isBatched: true }, { attempt: 2, isFallback: true })).toBe('fallback');
});
