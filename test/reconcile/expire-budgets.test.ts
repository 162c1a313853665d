import { expect, it } from 'vitest';

import { budgetScopes } from '../../src/core/executions/budget-limit.js';
import { expireBudgets } from '../../src/reconcile/expire-budgets.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { MemoryLogger } from '../support/memory-logger.js';

it('gives back what calls reserved whose time is over, keeps days for a week, and what an execution spent for 60 days', async () => {
  const { storage } = await openStorage('memory:', { logger: new MemoryLogger() });
  const { budgets } = storage;
  const day = '2026-11-01';
  const limits = [
    { scope: budgetScopes.agent('a'), day },
    { scope: budgetScopes.execution('e'), day: '' },
  ];
  const amounts = { most: { nanoUsd: 9, tokens: 9 }, least: { nanoUsd: 1, tokens: 1 } };
  const call = { executionId: 'e', turn: 1, callId: '1', day, limits, ...amounts };
  await budgets.reserve({ ...call, expiresAt: '2026-11-01T12:00:00.000Z' });
  const at = async (now: string) => {
    await expireBudgets({ storage, now: () => now });
    return (await budgets.sums(limits)).map(({ spent, reserved }) => [spent.tokens, reserved.tokens]);
  };
  expect(await at('2026-11-01T11:00:00.000Z')).toEqual([
    [0, 9],
    [0, 9],
  ]);
  expect(await at('2026-11-08T23:59:59.000Z')).toEqual([
    [1, 0],
    [1, 0],
  ]);
  expect(await at('2026-11-09T00:00:00.000Z')).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(await at('2026-12-31T00:00:00.000Z')).toEqual([
    [0, 0],
    [1, 0],
  ]);
  expect(await at('2027-01-01T00:00:00.000Z')).toEqual([
    [0, 0],
    [0, 0],
  ]);
});
