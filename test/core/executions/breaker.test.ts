import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  afterFailure,
  closesAfter,
  isUnwell,
  isWell,
  judgeBreaker,
  TRIAL_MS,
  withTrial,
  type BreakerState,
  type KeptBreaker,
} from '../../../src/core/executions/breaker.js';
import { EXECUTION_ERROR_CODES } from '../../../src/core/codes.js';

const OPEN_MS = 30_000;
const CALL = { openMs: OPEN_MS, lastedMs: 100 };
const kept = (state: BreakerState, ageMs = 0): KeptBreaker => ({ state, ageMs, version: 'v' });
const OPEN: BreakerState = { type: 'open', code: 'overloaded', forMs: OPEN_MS };
const HALF: BreakerState = { type: 'half-open', code: 'overloaded', forMs: TRIAL_MS, trial: 'mine' };

/** A breaker over time, as one storage keeps it: each step waits, and then something happens. */
type Step = { readonly waitMs: number } & (
  { readonly type: 'fails'; readonly trial?: string } | { readonly type: 'succeeds' } | { readonly type: 'claims' }
);

const step: fc.Arbitrary<Step> = fc
  .tuple(
    fc.constantFrom(0, 10, 1000, 20_000, 40_000),
    fc.constantFrom<Step['type']>('fails', 'fails', 'fails', 'succeeds', 'claims'),
  )
  .map(([waitMs, type]) => ({ waitMs, type }));

describe('a breaker', () => {
  it('opens with the fifth failure in a row, and says with what it failed last', () => {
    let now: KeptBreaker | undefined;
    for (let failures = 1; failures < 5; failures += 1) {
      const state = afterFailure(now, 'overloaded', CALL);
      expect(state).toEqual({ type: 'closed', failures });
      now = state && kept(state, 10_000);
      expect(judgeBreaker(now)).toEqual({ type: 'closed' });
    }
    expect(afterFailure(now, 'timeout', CALL)).toEqual({ type: 'open', code: 'timeout', forMs: OPEN_MS });
  });

  it('counts anew after a pause, and where a call of the same process has succeeded in between', () => {
    const four = { type: 'closed', failures: 4 } as const;
    expect(afterFailure(kept(four, 40_000), 'server', CALL)).toEqual({ type: 'closed', failures: 1 });
    expect(afterFailure(kept(four, 500), 'server', { ...CALL, sinceSuccessMs: 400 })).toMatchObject({ failures: 1 });
    expect(afterFailure(kept(four, 500), 'server', { ...CALL, sinceSuccessMs: 600 })).toMatchObject({ type: 'open' });
  });

  it('lets nobody try before its time is over, and then one, unless that one gives no sign of life', () => {
    expect(withTrial(kept(OPEN, OPEN_MS - 1), 'a')).toBeUndefined();
    expect(withTrial(kept(OPEN, OPEN_MS), 'a')).toEqual({ ...HALF, trial: 'a' });
    expect(withTrial(kept(HALF, TRIAL_MS - 1), 'a')).toBeUndefined();
    expect(withTrial(kept(HALF, TRIAL_MS), 'a')).toEqual({ ...HALF, trial: 'a' });
    expect(withTrial(undefined, 'a')).toBeUndefined();
  });

  it('goes by its trial: open again when that fails, closed when it succeeds', () => {
    expect(afterFailure(kept(HALF), 'network', { ...CALL, trial: 'mine' })).toMatchObject({
      type: 'open',
      code: 'network',
    });
    expect(afterFailure(kept(HALF), 'network', CALL)).toBeUndefined();
    expect(closesAfter(kept(HALF), { lastedMs: 100, trial: 'mine' })).toBe(true);
  });

  it('stays as it is after calls that had begun before', () => {
    expect(afterFailure(kept(OPEN, 50), 'network', CALL)).toBeUndefined();
    expect(closesAfter(kept(OPEN, 50), { lastedMs: 100 })).toBe(false);
    expect(closesAfter(kept(HALF, 50), { lastedMs: 100 })).toBe(false);
    expect(closesAfter(kept(OPEN, 150), { lastedMs: 100 })).toBe(true);
    expect(closesAfter(undefined, { lastedMs: 100 })).toBe(false);
  });

  it('never skips a model for longer than it may, whatever happens, and has one trial at most', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now: KeptBreaker | undefined;
        let trials = 0;
        const put = (state: BreakerState | undefined) => {
          if (state !== undefined) now = kept(state);
        };
        for (const { waitMs, type } of steps) {
          if (now !== undefined) now = { ...now, ageMs: now.ageMs + waitMs };
          const isTried = now?.state.type === 'half-open';
          const trial = now?.state.type === 'half-open' ? { trial: now.state.trial } : {};
          switch (type) {
            case 'fails':
              put(afterFailure(now, 'server', { ...CALL, ...trial }));
              break;
            case 'succeeds':
              if (closesAfter(now, { lastedMs: 0, ...trial })) now = undefined;
              break;
            case 'claims': {
              trials += 1;
              const verdict = judgeBreaker(now).type;
              const state = withTrial(now, `t-${trials}`);
              expect(state !== undefined).toBe(verdict === 'due');
              if (isTried && (now?.ageMs ?? 0) < TRIAL_MS) expect(state).toBeUndefined();
              put(state);
            }
          }
          // After the longest wait that there is, somebody may call.
          if (now !== undefined) expect(judgeBreaker({ ...now, ageMs: OPEN_MS }).type).not.toBe('open');
        }
      }),
    );
  });

  it('takes no code for both well and unwell, and a key or a request that is wrong for neither', () => {
    expect(EXECUTION_ERROR_CODES.filter((code) => isUnwell(code) && isWell(code))).toEqual([]);
    expect((['auth', 'invalid_request', 'host_forbidden'] as const).filter((c) => isUnwell(c) || isWell(c))).toEqual(
      [],
    );
  });
});
