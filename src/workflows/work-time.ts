import { CancellationScope, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';

import { approvalSeconds } from '../core/executions/tool-approval.js';
import { finalFailure } from '../contract/failures.js';

/** How long an execution may work. Its time stands still while it waits for people. */
export class WorkTime {
  readonly #seconds: number;
  #leftMs: number;
  /** Undefined: it stands still. */
  #timer: { readonly scope: CancellationScope; readonly since: number } | undefined;
  #pauses = 0;
  #isOver = false;
  #work: { readonly scope: CancellationScope; readonly onOver: () => void } | undefined;

  constructor(seconds: number) {
    this.#seconds = seconds;
    this.#leftMs = seconds * 1000;
  }

  get leftSeconds(): number {
    return Math.max(this.#leftMs - (this.#timer === undefined ? 0 : Date.now() - this.#timer.since), 0) / 1000;
  }

  /** Cancels the work when its time is over, and throws the failure `timeout`. */
  async within<Result>(work: () => Promise<Result>): Promise<Result> {
    const scope = new CancellationScope();
    try {
      return await scope.run(async () => {
        const onOver = () => {
          this.#isOver = true;
          scope.cancel();
        };
        this.#work = { scope, onOver };
        this.#go();
        try {
          return await work();
        } finally {
          this.#work = undefined;
          this.#stop();
        }
      });
    } catch (error) {
      if (!this.#isOver || !isCancellation(error) || CancellationScope.current().consideredCancelled) throw error;
      throw finalFailure({ code: 'timeout', message: `The execution was not done within ${this.#seconds} s.` });
    }
  }

  /** Runs what takes no time of the work. */
  async pausedFor<Result>(wait: () => Promise<Result>): Promise<Result> {
    this.#pauses += 1;
    this.#stop();
    try {
      return await wait();
    } finally {
      this.#pauses -= 1;
      if (this.#pauses === 0) this.#go();
    }
  }

  #go(): void {
    if (this.#work === undefined) return;
    const { scope: parent, onOver } = this.#work;
    const scope = new CancellationScope({ cancellable: true, parent });
    this.#timer = { scope, since: Date.now() };
    // Rejected when the time stops, or the work is cancelled otherwise.
    void scope.run(() => sleep(Math.max(this.#leftMs, 1))).then(onOver, () => undefined);
  }

  #stop(): void {
    const timer = this.#timer;
    if (timer === undefined) return;
    this.#leftMs = this.leftSeconds * 1000;
    this.#timer = undefined;
    if (!timer.scope.consideredCancelled) timer.scope.cancel();
  }
}

/** How long an execution may wait that is to wait so long: where Temporal ends it one day, what is left of its work comes before. */
export function waitSeconds(wanted: number, workTime: WorkTime | undefined, deadlineSeconds = 0): number {
  const { executionExpirationTime: end } = workflowInfo();
  const untilEnd = end === undefined ? {} : { untilEnd: Math.max((end.getTime() - Date.now()) / 1000, 0) };
  return approvalSeconds(wanted, { ...untilEnd, work: workTime?.leftSeconds ?? deadlineSeconds });
}
