import type { ProviderType } from '../agents/agent.js';
import { totalCost } from './cost.js';
import type { AgentExecution, ModelAttempt } from './execution.js';
import { wastedBy, type Wasted } from './wasted.js';

/** As much of an execution as says what it used. */
export type UsedByExecution = Pick<AgentExecution, 'id' | 'agentId' | 'workflowId' | 'createdAt' | 'attempts'>;

/** What sums are kept apart by. A day is one of UTC, that of the execution's creation. */
export type UsagePart = 'AGENT' | 'WORKFLOW' | 'MODEL' | 'DAY';

/** What model calls used together. */
export interface UsageSum extends Wasted {
  readonly executions: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cachedInputTokens: number;
  /** Of calls that finished; absent where the cost of one of them is not known. */
  readonly costUsd?: number;
}

export interface UsageRow extends UsageSum {
  readonly agentId?: string;
  readonly workflowId?: string;
  readonly provider?: ProviderType;
  readonly model?: string;
  /** YYYY-MM-DD. */
  readonly day?: string;
}

type RowNames = Omit<UsageRow, keyof UsageSum>;

/** Adds up executions, in as many sums as there are of what they are kept apart by. */
export class UsageSums {
  readonly #parts: ReadonlySet<UsagePart>;
  readonly #rows = new Map<string, UsageRow>();

  constructor(parts: readonly UsagePart[]) {
    this.#parts = new Set(parts);
  }

  add(execution: UsedByExecution): void {
    const { agentId, workflowId, createdAt } = execution;
    const names = {
      ...(this.#parts.has('AGENT') ? { agentId } : {}),
      ...(this.#parts.has('WORKFLOW') && workflowId !== undefined ? { workflowId } : {}),
      ...(this.#parts.has('DAY') ? { day: createdAt.slice(0, 10) } : {}),
    };
    for (const { of, attempts } of this.#models(execution.attempts)) this.#addTo({ ...names, ...of }, usedBy(attempts));
  }

  get size(): number {
    return this.#rows.size;
  }

  /** In the order in which they came up. */
  get rows(): readonly UsageRow[] {
    return [...this.#rows.values()];
  }

  /** Everything together. */
  get total(): UsageSum {
    return this.rows.reduce<UsageSum>((sum, row) => added(sum, row), NOTHING);
  }

  /** Attempts of one execution, apart by their models where that is asked for. One without attempts counts as well. */
  #models(
    attempts: readonly ModelAttempt[],
  ): readonly { readonly of: RowNames; readonly attempts: readonly ModelAttempt[] }[] {
    if (!this.#parts.has('MODEL') || attempts.length === 0) return [{ of: {}, attempts }];
    const groups = new Map<string, { readonly of: RowNames; readonly attempts: ModelAttempt[] }>();
    for (const attempt of attempts) {
      const { provider, model } = attempt;
      const key = `${provider}/${model}`;
      const group = groups.get(key) ?? { of: { provider, model }, attempts: [] };
      group.attempts.push(attempt);
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  #addTo(names: RowNames, used: UsageSum): void {
    const key = JSON.stringify([names.agentId, names.workflowId, names.provider, names.model, names.day]);
    const before = this.#rows.get(key);
    this.#rows.set(key, { ...names, ...(before === undefined ? used : added(before, used)) });
  }
}

const NOTHING: UsageSum = {
  ...{ executions: 0, inputTokens: 0, outputTokens: 0, totalTokens: 0, cachedInputTokens: 0, costUsd: 0 },
  ...{ wastedTokens: 0, wastedCostUsd: 0 },
};

function usedBy(attempts: readonly ModelAttempt[]): UsageSum {
  const finished = attempts.filter(({ outcome }) => outcome === 'completed').map(({ usage }) => usage);
  const sum = (count: (usage: NonNullable<(typeof finished)[number]>) => number | undefined) =>
    finished.reduce((total, usage) => total + (usage === undefined ? 0 : (count(usage) ?? 0)), 0);
  const costUsd = totalCost(finished.map((usage) => usage?.costUsd));
  return {
    executions: 1,
    inputTokens: sum((usage) => usage.inputTokens),
    outputTokens: sum((usage) => usage.outputTokens),
    totalTokens: sum((usage) => usage.totalTokens),
    cachedInputTokens: sum((usage) => usage.cachedInputTokens),
    ...(costUsd === undefined ? {} : { costUsd }),
    ...wastedBy(attempts),
  };
}

function added(left: UsageSum, right: UsageSum): UsageSum {
  const costUsd = totalCost([left.costUsd, right.costUsd]);
  const wastedCostUsd = totalCost([left.wastedCostUsd, right.wastedCostUsd]);
  return {
    executions: left.executions + right.executions,
    inputTokens: left.inputTokens + right.inputTokens,
    outputTokens: left.outputTokens + right.outputTokens,
    totalTokens: left.totalTokens + right.totalTokens,
    cachedInputTokens: left.cachedInputTokens + right.cachedInputTokens,
    ...(costUsd === undefined ? {} : { costUsd }),
    wastedTokens: left.wastedTokens + right.wastedTokens,
    ...(wastedCostUsd === undefined ? {} : { wastedCostUsd }),
  };
}
