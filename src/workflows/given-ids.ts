import { condition } from '@temporalio/workflow';

import type { TokenRecorder } from './token-recorder.js';

/** Ids of executions before they are given out: something else may be stored under one, and the execution gets the next. */
export class GivenIds {
  readonly #recorder: TokenRecorder;
  /** What began instead of an execution under whose id something else was stored; undefined: nothing. */
  readonly #instead = new Map<string, string | undefined>();

  constructor(recorder: TokenRecorder) {
    this.#recorder = recorder;
  }

  /** An execution has ended; `next` is what was started because its id was taken. */
  noteEnd(executionId: string, next: string | undefined): void {
    if (this.#recorder.isTaken(executionId)) this.#instead.set(executionId, next);
  }

  /** Whether recorded executions have the ids that they were to have: then nothing has to be waited for. */
  areFinal(executionIds: readonly string[]): boolean {
    return !executionIds.some((id) => this.#recorder.isTaken(id));
  }

  /** The ids under which recorded executions, or what began instead of them, are known to everybody. */
  async givenOut(executionIds: readonly string[]): Promise<readonly string[]> {
    const given = await Promise.all(executionIds.map((id) => this.#givenOut(id)));
    return given.filter((id) => id !== undefined);
  }

  async #givenOut(executionId: string): Promise<string | undefined> {
    if (this.areFinal([executionId])) return executionId;
    await condition(() => this.#instead.has(executionId));
    await this.#recorder.written(this.#recorder.newest);
    const instead = this.#instead.get(executionId);
    return instead === undefined ? undefined : await this.#givenOut(instead);
  }
}
