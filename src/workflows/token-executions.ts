import { CancellationScope, getExternalWorkflowHandle, log, type ExternalWorkflowHandle } from '@temporalio/workflow';

import type { ExecutionOutcome } from '../core/engine/decision.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import { adoptedOutcome, startExecution } from './perform.js';
import { StartsInTurns } from './starts-in-turns.js';
import { askedBy, origin } from './trace-in-headers.js';

type OnEnd = (executionId: string, outcome: ExecutionOutcome) => Promise<void>;

/**
 * The executions that a token runs: started by this run of its Temporal workflow, or adopted from an earlier one. When
 * that is cancelled in Temporal, the token decides what becomes of them, and not the scope that they were started in.
 */
export class TokenExecutions {
  readonly #onEnd: OnEnd;
  /** By execution, the handle by which it is cancelled: of one that never began there is none. */
  readonly #running = new Map<string, Promise<ExternalWorkflowHandle | undefined>>();
  readonly #runIds = new Map<string, string>();
  readonly #turns = new StartsInTurns();
  #unconfirmed = 0;

  constructor(onEnd: OnEnd) {
    this.#onEnd = onEnd;
  }

  /** Whether Temporal has every start and every cancellation: one that it has not is lost when this run ends. */
  get areConfirmed(): boolean {
    return this.#unconfirmed === 0;
  }

  /** What the starts take that Temporal does not have yet. */
  get startingBytes(): number {
    return this.#turns.bytes;
  }

  get ids(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** The Temporal runs of those, as far as they have begun. */
  get runIds(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#runIds);
  }

  start(execution: ExecutionRequest, attemptSeconds: number): void {
    const { executionId } = execution;
    this.#unconfirmed += 1;
    const asked = origin();
    const startNow = () => askedBy(asked, () => startExecution(execution, attemptSeconds));
    const start = () => this.#turns.run(execution, startNow);
    const started = CancellationScope.nonCancellable(start).finally(() => {
      this.#unconfirmed -= 1;
    });
    const handle = started.then(({ runId }) => {
      if (runId === undefined) return undefined;
      this.#runIds.set(executionId, runId);
      return getExternalWorkflowHandle(executionId, runId);
    });
    this.#running.set(executionId, handle);
    this.#endAfter(executionId, async () => await (await started).outcome());
  }

  /** One that an earlier run started; an earlier version of this program did not keep which run of Temporal it is. */
  adopt(executionId: string, runId: string | undefined): void {
    if (runId !== undefined) this.#runIds.set(executionId, runId);
    this.#running.set(executionId, Promise.resolve(getExternalWorkflowHandle(executionId, runId)));
    this.#endAfter(executionId, () => adoptedOutcome(executionId, runId));
  }

  /** After a reset Temporal may tell an end to the run that was lost, or have told it. */
  adoptAll(): void {
    for (const [executionId, begun] of this.#running) {
      // That it has begun, the run may hear only now, together with the reset.
      if (this.#runIds.has(executionId)) this.#adoptBegun(executionId);
      else void begun.then(this.#adoptBegun.bind(this, executionId));
    }
  }

  #adoptBegun(executionId: string): void {
    const runId = this.#runIds.get(executionId);
    if (runId !== undefined) this.#endAfter(executionId, () => adoptedOutcome(executionId, runId));
  }

  /**
   * Asks an execution to stop: the very run that was started, whatever else may have its id. It says itself how it ended; one
   * that has ended already stays as it is.
   */
  cancel(executionId: string): void {
    const handle = this.#running.get(executionId);
    if (handle === undefined) return;
    this.#unconfirmed += 1;
    void CancellationScope.nonCancellable(() => handle.then((execution) => execution?.cancel()))
      .catch((error: unknown) => {
        log.info('An execution could not be cancelled: it has ended', { executionId, error: String(error) });
      })
      .finally(() => {
        this.#unconfirmed -= 1;
      });
  }

  #endAfter(executionId: string, ending: () => Promise<ExecutionOutcome>): void {
    // What follows from its end follows from what asked for it.
    const asked = origin();
    void CancellationScope.nonCancellable(async () => {
      const outcome = await ending();
      // Who is told first that it has ended says so; after a reset there may be two.
      if (!this.#running.delete(executionId)) return;
      this.#runIds.delete(executionId);
      await askedBy(asked, () => this.#onEnd(executionId, outcome));
    });
  }
}
