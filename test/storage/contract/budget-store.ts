import { expect, it } from 'vitest';

import { budgetScopes, type BudgetLimit } from '../../../src/core/executions/budget-limit.js';
import { pendingExecution } from '../../../src/core/executions/pending-execution.js';
import type { BudgetReservation, BudgetStore } from '../../../src/storage/budget-store.js';
import type { Storage } from '../../../src/storage/storage.js';
import { NOW } from '../../support/builders.js';

const DAY = '2026-11-23';
const CENT = 10_000_000;

function aCall(fields: Partial<BudgetReservation> & Pick<BudgetReservation, 'limits'>): BudgetReservation {
  return {
    ...{ executionId: 'e', turn: 1, callId: 'one', day: DAY, expiresAt: '2026-11-23T06:00:00.000Z' },
    ...{ most: { nanoUsd: CENT, tokens: 100 }, least: { nanoUsd: 1000, tokens: 10 } },
    ...fields,
  };
}

function ofAgent(id: string, limits: Partial<BudgetLimit>): BudgetLimit {
  return { scope: budgetScopes.agent(id), day: DAY, ...limits };
}

async function sumOf(budgets: BudgetStore, limit: BudgetLimit) {
  const [sum] = await budgets.sums([limit]);
  if (sum === undefined) throw new Error('there is one for each key');
  return { spent: sum.spent.nanoUsd, reserved: sum.reserved.nanoUsd, tokens: sum.spent.tokens };
}

export function budgetStoreContract(storage: () => Storage): void {
  const budgets = () => storage().budgets;

  it('lets as many of 200 calls at once through as a budget has room for, and gives back what they did not take', async () => {
    const all = ofAgent('crowd', { maxNanoUsd: 50 * CENT });
    const calls = Array.from({ length: 200 }, (_, nth) => {
      const own = { scope: budgetScopes.workflow(`of-crowd-${nth % 7}`), day: DAY, maxTokens: 1_000_000 };
      return aCall({ executionId: `crowd-${nth}`, limits: nth % 2 === 0 ? [all] : [all, own] });
    });
    const verdicts = await Promise.all(calls.map((call) => budgets().reserve(call)));
    const through = calls.filter((_, index) => verdicts[index]?.type === 'reserved');
    expect(through).toHaveLength(50);
    expect(verdicts.filter(({ type }) => type === 'later')).toHaveLength(150);
    expect(await sumOf(budgets(), all)).toEqual({ spent: 0, reserved: 50 * CENT, tokens: 0 });
    const taken = { nanoUsd: CENT / 10, tokens: 7 };
    await Promise.all(through.map((call) => budgets().settle({ ...call, taken, at: NOW })));
    expect(await sumOf(budgets(), all)).toEqual({ spent: 5 * CENT, reserved: 0, tokens: 350 });
  });

  it('reserves a call once and settles it once, however often it is asked', async () => {
    const limit = ofAgent('again', { maxNanoUsd: CENT });
    const call = aCall({ executionId: 'again', limits: [limit] });
    const verdicts = [await budgets().reserve(call), await budgets().reserve(call)];
    expect(verdicts).toEqual([{ type: 'reserved' }, { type: 'reserved' }]);
    expect(await sumOf(budgets(), limit)).toMatchObject({ reserved: CENT });
    const settle = (nanoUsd: number) => budgets().settle({ ...call, taken: { nanoUsd, tokens: 1 }, at: NOW });
    await settle(10);
    await settle(20);
    expect(await sumOf(budgets(), limit)).toEqual({ spent: 10, reserved: 0, tokens: 1 });
    await budgets().settle({ ...call, executionId: 'unknown', taken: call.most, at: NOW });
    expect(await sumOf(budgets(), limit)).toMatchObject({ spent: 10 });
  });

  it('reserves in all budgets of a call or in none, and says which has no room and how it stands', async () => {
    const roomy = ofAgent('roomy', { maxNanoUsd: 10 * CENT });
    const tight = { scope: budgetScopes.workflow('tight'), day: DAY, maxTokens: 150 };
    const first = aCall({ executionId: 'tight-1', limits: [roomy, tight] });
    expect(await budgets().reserve(first)).toEqual({ type: 'reserved' });
    const later = await budgets().reserve({ ...first, executionId: 'tight-2' });
    expect(later).toMatchObject({
      type: 'later',
      limit: tight,
      sum: { reserved: { tokens: 100 }, spent: { tokens: 0 } },
    });
    expect(await sumOf(budgets(), roomy)).toMatchObject({ reserved: CENT });
    await budgets().settle({ ...first, taken: first.most, at: NOW });
    expect(await budgets().reserve({ ...first, executionId: 'tight-3' })).toMatchObject({ type: 'exceeded' });
    // One that may have room later does not have it wait for one that has none.
    const full = { ...roomy, scope: budgetScopes.agent('full'), maxNanoUsd: CENT };
    const fourth = { ...first, executionId: 'tight-0', limits: [full, { ...tight, maxTokens: 1000 }] };
    expect(await budgets().reserve(fourth)).toEqual({ type: 'reserved' });
    const both = await budgets().reserve({ ...fourth, executionId: 'tight-5', limits: [full, tight] });
    expect(both).toMatchObject({ type: 'exceeded', limit: tight });
    await budgets().settle({ ...fourth, taken: { nanoUsd: 0, tokens: 0 }, at: NOW });
    const raised = [roomy, { ...tight, maxTokens: 200 }];
    expect(await budgets().reserve({ ...first, executionId: 'tight-4', limits: raised })).toEqual({ type: 'reserved' });
  });

  it('keeps days apart, and what an execution spends on all of them together', async () => {
    const execution = { scope: budgetScopes.execution('days'), day: '', maxNanoUsd: 2 * CENT };
    const on = (day: string) =>
      aCall({
        ...{ executionId: 'days', callId: day, day },
        limits: [ofAgent('days', { day, maxNanoUsd: CENT }), execution],
      });
    for (const day of [DAY, '2026-11-24']) {
      expect(await budgets().reserve(on(day))).toEqual({ type: 'reserved' });
      await budgets().settle({ ...on(day), taken: on(day).most, at: NOW });
      expect(await budgets().reserve({ ...on(day), callId: 'more' })).toMatchObject({ type: 'exceeded' });
    }
    // A clock that was set back over midnight finds that day as it was left.
    expect(await budgets().reserve({ ...on(DAY), callId: 'back' })).toMatchObject({ type: 'exceeded' });
    expect(await sumOf(budgets(), execution)).toMatchObject({ spent: 2 * CENT });
  });

  it('takes calls whose workers died for what is known of them, the least at least, until they say themselves', async () => {
    const limit = ofAgent('lost', { maxNanoUsd: 10 * CENT });
    const call = aCall({ executionId: 'lost', limits: [limit] });
    await budgets().reserve(call);
    await budgets().settleLost({ ...call, callId: 'two' }, { nanoUsd: 5, tokens: 50 });
    expect(await sumOf(budgets(), limit)).toEqual({ spent: 1000, reserved: 0, tokens: 50 });
    await budgets().settleLost({ ...call, callId: 'three' }, call.most);
    expect(await sumOf(budgets(), limit)).toMatchObject({ spent: 1000 });
    await budgets().settle({ ...call, taken: { nanoUsd: 2000, tokens: 20 }, at: NOW });
    await budgets().settleLost({ ...call, callId: 'four' }, call.most);
    expect(await sumOf(budgets(), limit)).toEqual({ spent: 2000, reserved: 0, tokens: 20 });
  });

  it('does not hold for ever what nobody gives back: it expires for the least', async () => {
    const limit = ofAgent('expires', { maxNanoUsd: CENT + 1000 });
    const call = aCall({ executionId: 'expires', limits: [limit] });
    await budgets().reserve(call);
    await budgets().expire('2026-11-23T05:59:59.000Z');
    expect(await budgets().reserve({ ...call, executionId: 'next' })).toMatchObject({ type: 'later' });
    await budgets().expire('2026-11-23T06:00:01.000Z');
    expect(await sumOf(budgets(), limit)).toMatchObject({ spent: 1000, reserved: 0 });
    expect(await budgets().reserve({ ...call, executionId: 'next' })).toEqual({ type: 'reserved' });
    await budgets().settleLost({ ...call, callId: 'two' }, { nanoUsd: 3000, tokens: 0 });
    expect(await sumOf(budgets(), limit)).toMatchObject({ spent: 3000, reserved: CENT });
  });

  it('tells once that a day is nearly spent, by whichever of many calls at once', async () => {
    const limit = ofAgent('nearly', { maxNanoUsd: 10 * CENT });
    const execution = { scope: budgetScopes.execution('nearly-0'), day: '', maxNanoUsd: CENT };
    const calls = Array.from({ length: 10 }, (_, nth) =>
      aCall({ executionId: `nearly-${nth}`, limits: nth === 0 ? [limit, execution] : [limit] }),
    );
    await Promise.all(calls.map((call) => budgets().reserve(call)));
    const settle = (call: BudgetReservation) => budgets().settle({ ...call, taken: call.most, at: NOW });
    const before = await Promise.all(calls.slice(0, 7).map(settle));
    expect(before.flat()).toEqual([]);
    const told = await Promise.all(calls.slice(7).map(settle));
    expect(told.flat()).toEqual([limit]);
    const { waiting } = await storage().audit.end(10_000);
    const entries = waiting.map(({ entry }) => entry).filter(({ subject }) => subject === 'nearly');
    expect(entries).toEqual([{ time: NOW, actor: 'system', action: 'agent.budget', subject: 'nearly', outcome: 'ok' }]);
  });

  it('forgets what an execution spent together with it, and not what its agent did', async () => {
    const limit = ofAgent('gone', { maxNanoUsd: 2 * CENT });
    const execution = { scope: budgetScopes.execution('gone'), day: '', maxNanoUsd: 2 * CENT };
    const call = aCall({ executionId: 'gone', limits: [limit, execution] });
    await budgets().reserve(call);
    await budgets().settle({ ...call, taken: call.most, at: NOW });
    const { executions } = storage();
    await executions.create(pendingExecution({ executionId: 'gone', agentId: 'gone', input: {} }, NOW));
    await executions.update('gone', { status: 'COMPLETED', completedAt: NOW });
    await executions.delete(['gone'], { now: NOW, conversations: 'delete' });
    expect(await sumOf(budgets(), execution)).toMatchObject({ spent: 0 });
    expect(await sumOf(budgets(), limit)).toMatchObject({ spent: CENT });
  });

  it('forgets days that are over, and executions that have not called for long', async () => {
    const limit = ofAgent('old', { day: '2026-11-01', maxNanoUsd: CENT });
    const execution = { scope: budgetScopes.execution('old'), day: '', maxNanoUsd: 2 * CENT };
    const call = aCall({ executionId: 'old', day: '2026-11-01', limits: [limit, execution] });
    await budgets().reserve(call);
    await budgets().settle({ ...call, taken: call.most, at: NOW });
    await budgets().forget({ day: '2026-11-02', executionsSince: '2026-11-01' });
    expect(await sumOf(budgets(), limit)).toMatchObject({ spent: 0 });
    expect(await sumOf(budgets(), execution)).toMatchObject({ spent: CENT });
    await budgets().forget({ day: '2026-11-02', executionsSince: '2026-11-02' });
    expect(await sumOf(budgets(), execution)).toMatchObject({ spent: 0 });
  });
}
