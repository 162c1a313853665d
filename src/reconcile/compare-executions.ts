import { setTimeout as delay } from 'node:timers/promises';

import { CircuitBreakerError } from '../core/errors.js';
import { isEnded, type AgentExecution } from '../core/executions/execution.js';
import { withFinishedTurns } from '../core/executions/attempts-over.js';
import { pendingExecution } from '../core/executions/pending-execution.js';
import { UNENDED } from '../operations/end-executions.js';
import { pagesOf } from '../storage/pages.js';
import type { Storage } from '../storage/storage.js';
import type { KeptExecution } from '../temporal/kept-by-temporal.js';
import { inBatches, someAtOnce, unseen } from './batches.js';
import type { ComparisonParts } from './compare-tokens.js';
import { endingOf, settledExecution } from './cut-off.js';

export const EXECUTION_DISAGREEMENTS = ['LOST_IN_STORAGE', 'ANSWER_LOST', 'ENDED_FROM_OUTSIDE'] as const;

export type ExecutionDisagreement = (typeof EXECUTION_DISAGREEMENTS)[number];

export interface ExecutionFinding {
  readonly type: 'execution';
  readonly id: string;
  readonly workflowId: string | undefined;
  readonly disagreement: ExecutionDisagreement;
  /** `record`: storage takes what Temporal has. `terminate`: it is recorded as ended. */
  readonly remedy: 'record' | 'terminate';
  /** In words, what storage says of it, and what Temporal does. */
  readonly stored: string | undefined;
  readonly temporal: string;
}

/** Of those that were deleted and are not forgotten yet. */
const MOST_DELETED = 100_000;

export interface ExecutionParts extends ComparisonParts {
  readonly closeStream: (execution: AgentExecution) => Promise<void>;
}

/** Compares executions of agents: what storage has lost of those that Temporal has, and which have ended without its knowing. */
export class ExecutionComparison {
  readonly #parts: ExecutionParts;
  readonly #workflowId: string | undefined;
  readonly #seen = new Set<string>();
  #deleted: Promise<ReadonlySet<string>> | undefined;

  constructor(parts: ExecutionParts, workflowId?: string) {
    this.#parts = parts;
    this.#workflowId = workflowId;
  }

  get seen(): number {
    return this.#seen.size;
  }

  /** Looks at each id once, however often it comes. */
  async *all(ids: AsyncIterable<string>): AsyncGenerator<ExecutionFinding> {
    const { patienceMs, signal } = this.#parts;
    for await (const batch of inBatches(unseen(ids, this.#seen))) {
      signal.throwIfAborted();
      const suspects: string[] = [];
      await someAtOnce(batch, async (id) => {
        if ((await this.#look(id)) !== undefined) suspects.push(id);
      });
      this.#parts.onProgress?.(batch.length);
      if (suspects.length === 0) continue;
      // It may have been started, or have ended, at this moment.
      await delay(patienceMs, undefined, { signal, ref: false });
      for (const id of suspects) {
        const found = await this.#look(id);
        if (found !== undefined) yield found;
      }
    }
  }

  async #look(id: string): Promise<ExecutionFinding | undefined> {
    const { onFailure, signal } = this.#parts;
    try {
      const found = await look(this.#parts, id);
      // It was deleted, and is not to come back.
      if (found !== undefined && found.stored === undefined && (await this.#deletedIds()).has(id)) return undefined;
      return this.#workflowId === undefined || found?.workflowId === this.#workflowId ? found : undefined;
    } catch (error) {
      if (!signal.aborted) onFailure(id, error);
      return undefined;
    }
  }

  /** Read once, and only where something is not stored. */
  #deletedIds(): Promise<ReadonlySet<string>> {
    const { storage, now } = this.#parts;
    return (this.#deleted ??= storage.executions.listDeleted(now(), MOST_DELETED).then((ids) => new Set(ids)));
  }
}

async function look(parts: ExecutionParts, id: string): Promise<ExecutionFinding | undefined> {
  const { storage, kept } = parts;
  if (await isOver(storage, id)) return undefined;
  // Before storage is asked again: an end is stored before it is one.
  const live = await kept.executionOf(id);
  const stored = await storage.executions.get(id);
  if (stored !== undefined && isEnded(stored.status)) return undefined;
  const finding = { type: 'execution', id, stored: stored?.status } as const;
  if (live === undefined) {
    const end = stored && (await endingOf(parts, stored));
    if (stored === undefined || end === undefined) return undefined;
    const { workflowId } = stored;
    return { ...finding, workflowId, disagreement: 'ENDED_FROM_OUTSIDE', remedy: 'terminate', temporal: end.status };
  }
  const { request, result } = live;
  const kind = { ...finding, workflowId: request.token?.workflowId, remedy: 'record' } as const;
  if (result !== undefined) return { ...kind, disagreement: 'ANSWER_LOST', temporal: 'COMPLETED' };
  return stored === undefined ? { ...kind, disagreement: 'LOST_IN_STORAGE', temporal: 'RUNNING' } : undefined;
}

async function isOver({ executions }: Pick<Storage, 'executions'>, id: string): Promise<boolean> {
  const stored = await executions.get(id);
  return stored !== undefined && isEnded(stored.status);
}

/** Does what a finding's remedy says. False where it is not so any more. */
export async function mendExecution(
  parts: ExecutionParts,
  { id, remedy }: Pick<ExecutionFinding, 'id' | 'remedy'>,
): Promise<boolean> {
  if (remedy === 'terminate') {
    const settled = await settledExecution(parts, id);
    return settled !== undefined && isEnded(settled.status);
  }
  const live = await parts.kept.executionOf(id);
  if (live === undefined) return false;
  try {
    await recordAsKept(parts, live);
    return true;
  } catch (error) {
    // It was deleted at this moment.
    if (error instanceof CircuitBreakerError && error.code === 'ALREADY_EXISTS') return false;
    throw error;
  }
}

async function recordAsKept(
  { storage, closeStream }: ExecutionParts,
  { request, startedAt, result }: KeptExecution,
): Promise<void> {
  const { executionId: id } = request;
  const stored = await storage.executions.get(id);
  const there = stored ?? (await storage.executions.create(pendingExecution(request, startedAt), 'temporal'));
  if (result === undefined) return;
  const ended = await storage.executions.update(id, {
    status: 'COMPLETED',
    completedAt: result.timestamp,
    agentVersion: result.agentVersion,
    attempts: withFinishedTurns(there.attempts, there.attempts.at(-1)?.turn ?? 0),
    finalResponse: result.response,
    usage: result.usage,
    ...(result.output === undefined ? {} : { output: result.output }),
  });
  await closeStream(ended);
}

/** The ids of all executions that storage says go on. */
export async function* unendedExecutions({ executions }: Pick<Storage, 'executions'>): AsyncGenerator<string> {
  for (const status of UNENDED) {
    const pages = pagesOf((page) => executions.list({ status }, page), EXECUTIONS_PER_PAGE);
    for await (const some of pages) yield* some.map(({ id }) => id);
  }
}

/** Each may take megabytes. */
const EXECUTIONS_PER_PAGE = 20;
