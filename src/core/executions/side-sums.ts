import { totalCost } from './cost.js';
import type { ExecutionOutline } from './execution-outline.js';

/** What executions of one use of an agent came to. */
export interface SideSum {
  /** All of them, those that have not ended included. */
  readonly executions: number;
  readonly completed: number;
  /** Those that failed, or took too long. Who was cancelled is neither. */
  readonly failed: number;
  /** Of those that ended well or not; null where none has. */
  readonly errorRate: number | null;
  /** How often which code, the most frequent first. */
  readonly errors: readonly { readonly code: string; readonly executions: number }[];
  /** From the creation to the end of those that completed, in milliseconds; null where none has. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  readonly totalTokens: number;
  /** Null where something was used whose price nobody knows. */
  readonly costUsd: number | null;
}

/** Adds up executions. Pure. */
export function sideSum(executions: readonly ExecutionOutline[]): SideSum {
  const completed = executions.filter(({ status }) => status === 'COMPLETED');
  const failed = executions.filter(({ status }) => status === 'FAILED' || status === 'TIMEOUT');
  const over = completed.length + failed.length;
  const times = completed
    .flatMap(({ createdAt, completedAt }) =>
      completedAt === undefined ? [] : [Date.parse(completedAt) - Date.parse(createdAt)],
    )
    .sort((one, other) => one - other);
  const usages = executions.flatMap(({ attempts }) => attempts.flatMap(({ usage }) => usage ?? []));
  return {
    executions: executions.length,
    completed: completed.length,
    failed: failed.length,
    errorRate: over === 0 ? null : failed.length / over,
    errors: countCodes(failed),
    medianMs: quantile(times, 0.5),
    p95Ms: quantile(times, 0.95),
    totalTokens: usages.reduce((sum, { totalTokens }) => sum + totalTokens, 0),
    costUsd: totalCost(usages.map(({ costUsd }) => costUsd)) ?? null,
  };
}

function countCodes(failed: readonly ExecutionOutline[]): SideSum['errors'] {
  const counts = new Map<string, number>();
  for (const { errorCode = 'server' } of failed) counts.set(errorCode, (counts.get(errorCode) ?? 0) + 1);
  return [...counts]
    .map(([code, executions]) => ({ code, executions }))
    .sort((one, other) => other.executions - one.executions || (one.code < other.code ? -1 : 1));
}

function quantile(sorted: readonly number[], part: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}
