import { expect, it } from 'vitest';

import { reportLines, type ShownReport } from '../../../src/cli/operator/rollout-lines.js';

const NOTHING = { executions: 0, completed: 0, failed: 0, errorRate: null, errors: [] };
const SIDE = { ...NOTHING, medianMs: null, p95Ms: null, totalTokens: 0, costUsd: 0 };
const REPORT: ShownReport = {
  rollout: { mode: 'on', percent: 10, maxErrorRate: null, stoppedBecause: null },
  ...{
    since: '2026-11-30T09:00:00.000Z',
    compared: 0,
    elsewhere: 0,
    undecided: 0,
    examples: [],
    on: SIDE,
    shadow: SIDE,
  },
};

it('says of a rollout that nothing ran for that nothing did', () => {
  expect(reportLines(REPORT)).toEqual([
    'Rollout   on for 10 % of the tokens',
    'Since     2026-11-30T09:00:00.000Z',
    'On        no executions',
    'Shadow    no executions',
  ]);
});

it('says also a tiny cost in plain decimals', () => {
  const on = { ...SIDE, executions: 1, completed: 1, errorRate: 0, medianMs: 1, p95Ms: 1, costUsd: 4.5e-7 };
  const words = 'On        1 execution, 0 failed (0 %), median 1 ms, p95 1 ms, 0 tokens, 0.00000045 USD';
  expect(reportLines({ ...REPORT, on })).toContain(words);
});

it('says what shadows cost, which failed, and which tokens they would have moved elsewhere', () => {
  const ran = {
    executions: 4,
    completed: 3,
    failed: 1,
    errorRate: 0.25,
    medianMs: 247,
    p95Ms: 320,
    totalTokens: 27,
    costUsd: null,
  };
  const shadow = { ...ran, errors: [{ code: 'rate_limit', executions: 1 }] };
  const examples = [{ tokenId: 't', path: ['reviewed', 'published'], happened: ['reviewed', 'rejected'] }];
  const stopped = { mode: 'off', percent: 100, maxErrorRate: 0.2, stoppedBecause: '1 of 4 executions failed' };
  expect(
    reportLines({ ...REPORT, rollout: stopped, shadow, compared: 2, elsewhere: 1, undecided: 1, examples }),
  ).toEqual([
    'Rollout   off',
    'Stopped   1 of 4 executions failed',
    'Since     2026-11-30T09:00:00.000Z',
    'On        no executions',
    'Shadow    4 executions, 1 failed (25 %), median 247 ms, p95 320 ms, 27 tokens, cost not known',
    '  rate_limit 1',
    'Compared  2: 1 would have moved their tokens elsewhere. Undecided: 1',
    '  t would have gone to reviewed → published, went to reviewed → rejected',
  ]);
});
