import { getExternalWorkflowHandle, log } from '@temporalio/workflow';

import type { ExecutionOutcome } from '../core/decision.js';
import type { ExecutionRequest } from '../core/execution.js';
import { adoptedOutcome, startExecution } from './perform.js';

type OnEnd = (executionId: string, outcome: ExecutionOutcome) => Promise<void>;

/** The executions that a token runs: started by this run of its Temporal workflow, or adopted from an earlier one. */
export class TokenExecutions {
  private readonly running = new Map<string, Promise<unknown>>();
  private unconfirmed = 0;

  constructor(private readonly onEnd: OnEnd) {}

  /** Whether every start is confirmed: one that is not would be lost if this run ended now. */
  get areConfirmed(): boolean {
    return this.unconfirmed === 0;
  }

  get ids(): readonly string[] {
    return [...this.running.keys()];
  }

  start(execution: ExecutionRequest, attemptSeconds: number): void {
    const { executionId } = execution;
    this.unconfirmed += 1;
    const started = startExecution(execution, attemptSeconds).finally(() => {
      this.unconfirmed -= 1;
    });
    this.running.set(executionId, started);
    void started.then((outcome) => outcome()).then((outcome) => this.end(executionId, outcome));
  }

  adopt(executionId: string): void {
    this.running.set(executionId, Promise.resolve());
    void adoptedOutcome(executionId).then((outcome) => this.end(executionId, outcome));
  }

  /** Asks an execution to stop. It says itself how it ended; one that has ended already stays as it is. */
  cancel(executionId: string): void {
    const started = this.running.get(executionId) ?? Promise.resolve();
    void started
      .then(() => getExternalWorkflowHandle(executionId).cancel())
      .catch((error: unknown) => {
        log.info('An execution could not be cancelled: it has ended', { executionId, error: String(error) });
      });
  }

  private async end(executionId: string, outcome: ExecutionOutcome): Promise<void> {
    this.running.delete(executionId);
    await this.onEnd(executionId, outcome);
  }
}
