import { CancellationScope, getExternalWorkflowHandle, log } from '@temporalio/workflow';

import type { ExecutionOutcome } from '../core/engine/decision.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import { adoptedOutcome, startExecution } from './perform.js';

type OnEnd = (executionId: string, outcome: ExecutionOutcome) => Promise<void>;

/**
 * The executions that a token runs: started by this run of its Temporal workflow, or adopted from an earlier one. When
 * that is cancelled in Temporal, the token decides what becomes of them, and not the scope that they were started in.
 */
export class TokenExecutions {
  readonly #onEnd: OnEnd;
  readonly #running = new Map<string, Promise<unknown>>();
  #unconfirmed = 0;

  constructor(onEnd: OnEnd) {
    this.#onEnd = onEnd;
  }

  /** Whether Temporal has every start and every cancellation: one that it has not is lost when this run ends. */
  get areConfirmed(): boolean {
    return this.#unconfirmed === 0;
  }

  get ids(): readonly string[] {
    return [...this.#running.keys()];
  }

  start(execution: ExecutionRequest, attemptSeconds: number): void {
    const { executionId } = execution;
    this.#unconfirmed += 1;
    const started = CancellationScope.nonCancellable(() => startExecution(execution, attemptSeconds)).finally(() => {
      this.#unconfirmed -= 1;
    });
    this.#running.set(executionId, started);
    this.#endAfter(executionId, async () => await (await started)());
  }

  adopt(executionId: string): void {
    this.#running.set(executionId, Promise.resolve());
    this.#endAfter(executionId, () => adoptedOutcome(executionId));
  }

  /** Asks an execution to stop. It says itself how it ended; one that has ended already stays as it is. */
  cancel(executionId: string): void {
    const started = this.#running.get(executionId) ?? Promise.resolve();
    this.#unconfirmed += 1;
    void CancellationScope.nonCancellable(() => started.then(() => getExternalWorkflowHandle(executionId).cancel()))
      .catch((error: unknown) => {
        log.info('An execution could not be cancelled: it has ended', { executionId, error: String(error) });
      })
      .finally(() => {
        this.#unconfirmed -= 1;
      });
  }

  #endAfter(executionId: string, ending: () => Promise<ExecutionOutcome>): void {
    void CancellationScope.nonCancellable(async () => {
      const outcome = await ending();
      this.#running.delete(executionId);
      await this.#onEnd(executionId, outcome);
    });
  }
}
