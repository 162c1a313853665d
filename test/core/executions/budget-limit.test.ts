import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fitIn, isNearlySpent, limitsOf, nanoUsdIn, usdIn } from '../../../src/core/executions/budget-limit.js';

const DAY = '2026-11-30';
const amount = fc.record({ nanoUsd: fc.nat(2_000), tokens: fc.nat(2_000) });

describe('a budget', () => {
  it('is never exceeded by what is spent and reserved, whatever calls come and end in whatever order, each within what it reserved', () => {
    const step = fc.record({ wanted: amount, share: fc.double({ min: 0, max: 1, noNaN: true }), ends: fc.nat(3) });
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), fc.array(step), (maxNanoUsd, maxTokens, steps) => {
        const limit = { scope: 'agent/a', day: DAY, maxNanoUsd, maxTokens };
        const [spent, reserved] = [
          { nanoUsd: 0, tokens: 0 },
          { nanoUsd: 0, tokens: 0 },
        ];
        const underWay: (typeof steps)[number][] = [];
        for (const one of steps) {
          if (fitIn(limit, { spent, reserved }, one.wanted) === 'fits') {
            underWay.push(one);
            reserved.nanoUsd += one.wanted.nanoUsd;
            reserved.tokens += one.wanted.tokens;
          }
          for (const { wanted, share } of underWay.splice(0, one.ends)) {
            for (const unit of ['nanoUsd', 'tokens'] as const) {
              reserved[unit] -= wanted[unit];
              spent[unit] += Math.floor(wanted[unit] * share);
            }
          }
          expect(spent.nanoUsd + reserved.nanoUsd).toBeLessThanOrEqual(maxNanoUsd);
          expect(spent.tokens + reserved.tokens).toBeLessThanOrEqual(maxTokens);
        }
      }),
    );
  });

  it('refuses a call for later exactly where it would fit, had the calls under way taken nothing', () => {
    fc.assert(
      fc.property(amount, amount, amount, fc.nat(4_000), (spent, reserved, wanted, maxNanoUsd) => {
        const limit = { scope: 'agent/a', day: DAY, maxNanoUsd };
        const alone = fitIn(limit, { spent, reserved: { nanoUsd: 0, tokens: 0 } }, wanted);
        const now = fitIn(limit, { spent, reserved }, wanted);
        expect(now === 'exceeded').toBe(alone !== 'fits');
        if (now === 'fits') expect(alone).toBe('fits');
      }),
    );
  });

  it('counts billionths of a dollar without noise: what may be spent is rounded down, what is spent up', () => {
    expect([0.29, 0.1 + 0.2, 1, 0].map((usd) => nanoUsdIn(usd, 'at most'))).toEqual([290e6, 300e6, 1e9, 0]);
    expect(nanoUsdIn(1.5e-9, 'at most')).toBe(1);
    expect(nanoUsdIn(1.5e-9, 'at least')).toBe(2);
    fc.assert(
      fc.property(fc.nat(1_000_000_000), (nano) => {
        expect(nanoUsdIn(usdIn(nano), 'at most')).toBe(nano);
        expect(nanoUsdIn(usdIn(nano), 'at least')).toBe(nano);
      }),
    );
  });

  it('holds by agent and workflow for a day, and for an execution by the lower of both', () => {
    const agent = { id: 'a', budget: { maxCostUsdPerDay: 2, maxTokensPerDay: 10, maxCostUsdPerExecution: 0.5 } };
    const workflow = { id: 'w', budget: { maxCostUsdPerExecution: 0.25 } };
    const call = { executionId: 'e', agent, workflow, day: DAY };
    const ofAgent = { scope: 'agent/a', day: DAY, maxNanoUsd: 2e9, maxTokens: 10 };
    expect(limitsOf(call)).toEqual([ofAgent, { scope: 'execution/e', day: '', maxNanoUsd: 0.25e9 }]);
    expect(limitsOf({ ...call, agent: { id: 'a' }, workflow: { id: 'w', budget: {} } })).toEqual([]);
    const byWorkflow = { ...call, agent: { id: 'a' }, workflow: { id: 'w', budget: { maxTokensPerDay: 5 } } };
    expect(limitsOf(byWorkflow)).toEqual([{ scope: 'workflow/w', day: DAY, maxTokens: 5 }]);
  });

  it('is nearly spent at 80 %, by dollars or by tokens, and never where nothing was spent', () => {
    const limit = { scope: 'agent/a', day: DAY, maxNanoUsd: 100, maxTokens: 10 };
    const spent = (nanoUsd: number, tokens: number) => isNearlySpent(limit, { nanoUsd, tokens });
    expect([spent(79, 7), spent(80, 0), spent(0, 8), spent(500, 0)]).toEqual([false, true, true, true]);
    expect(isNearlySpent({ scope: 'agent/a', day: DAY, maxNanoUsd: 0 }, { nanoUsd: 0, tokens: 0 })).toBe(false);
  });
});
