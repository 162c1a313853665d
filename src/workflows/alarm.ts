import { CancellationScope, sleep, type TimerOptions } from '@temporalio/workflow';

/**
 * Rings when something is due. What was set stays so: whether a timer that is started and given up leaves events depends on whether a
 * query comes between, and in a replay none does. So none is given up: one that rings for nothing is a task in which nothing happens.
 */
export class Alarm {
  readonly #set = new Set<number>();
  #hasRung = false;

  /** At `ms`, unless it rings before that in any case: whoever is rung for nothing sets it again. */
  setFor(ms: number, options: TimerOptions): void {
    if ([...this.#set].some((other) => other <= ms)) return;
    this.#set.add(ms);
    void CancellationScope.nonCancellable(async () => {
      await sleep(Math.max(ms - Date.now(), 1), options);
      this.#set.delete(ms);
      this.#hasRung = true;
    });
  }

  /** For what fell due while nothing was set. */
  ring(): void {
    this.#hasRung = true;
  }

  get hasRung(): boolean {
    return this.#hasRung;
  }

  /** It has been heard: until it rings again. */
  stop(): void {
    this.#hasRung = false;
  }
}
