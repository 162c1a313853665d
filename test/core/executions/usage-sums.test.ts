import { describe, expect, it } from 'vitest';

import type { ModelAttempt } from '../../../src/core/executions/execution.js';
import { UsageSums, type UsedByExecution } from '../../../src/core/executions/usage-sums.js';
import { wastedBy } from '../../../src/core/executions/wasted.js';
import { totalUsage } from '../../../src/core/executions/agent-turn.js';

const NOW = '2026-11-29T12:00:00.000Z';

const attempt = (part: Partial<ModelAttempt> = {}): ModelAttempt => ({
  ...{ turn: 1, attempt: 1, provider: 'openai', model: 'm', outcome: 'completed', startedAt: NOW },
  ...{ usage: { inputTokens: 10, outputTokens: 5, totalTokens: 15, costUsd: 0.1 } },
  ...part,
});

const execution = (part: Partial<UsedByExecution> = {}): UsedByExecution => ({
  ...{ id: 'e', agentId: 'a', workflowId: 'w', createdAt: NOW, attempts: [attempt()] },
  ...part,
});

describe('what executions used', () => {
  it('is apart by agent, workflow, model and day, and together', () => {
    const sums = new UsageSums(['AGENT', 'MODEL', 'DAY']);
    sums.add(execution());
    sums.add(execution({ attempts: [attempt(), attempt({ model: 'n', turn: 2 })] }));
    sums.add(execution({ agentId: 'b', createdAt: '2026-11-30T00:00:00.000Z' }));
    expect(
      sums.rows.map(({ agentId, model, day, executions, costUsd }) => [agentId, model, day, executions, costUsd]),
    ).toEqual([
      ['a', 'm', '2026-11-29', 2, 0.2],
      ['a', 'n', '2026-11-29', 1, 0.1],
      ['b', 'm', '2026-11-30', 1, 0.1],
    ]);
    expect(sums.total).toMatchObject({ totalTokens: 60, costUsd: 0.4, wastedTokens: 0, wastedCostUsd: 0 });
  });

  it('has no cost where that of one call is not known: a part must not pass for the whole', () => {
    const sums = new UsageSums([]);
    sums.add(execution());
    sums.add(execution({ attempts: [attempt({ usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } })] }));
    expect(sums.total.costUsd).toBeUndefined();
    expect(sums.total.totalTokens).toBe(17);
    expect(totalUsage([]).costUsd).toBeUndefined();
  });

  it('says apart what was paid for nothing', () => {
    const attempts = [
      attempt({ outcome: 'lost' }),
      attempt({ outcome: 'failed', attempt: 2 }),
      attempt({ attempt: 3 }),
      attempt({ outcome: 'running', turn: 2 }),
    ];
    expect(wastedBy(attempts)).toEqual({ wastedTokens: 30, wastedCostUsd: 0.2 });
    const { usage: _none, ...uncounted } = attempt();
    // Refused at once: nothing was paid. Lost, or failed in its middle: who knows.
    expect(wastedBy([{ ...uncounted, outcome: 'failed' }])).toEqual({ wastedTokens: 0, wastedCostUsd: 0 });
    expect(wastedBy([{ ...uncounted, outcome: 'failed', characters: 3 }])).toEqual({ wastedTokens: 0 });
    expect(wastedBy([{ ...uncounted, outcome: 'lost' }])).toEqual({ wastedTokens: 0 });
  });

  it('counts an execution that called no model', () => {
    const sums = new UsageSums(['MODEL']);
    sums.add(execution({ attempts: [] }));
    expect(sums.rows).toMatchObject([{ executions: 1, totalTokens: 0, costUsd: 0 }]);
  });
});
