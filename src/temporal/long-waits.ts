import { AsyncResource } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';

import { ActivityCancelledError, ActivityNotFoundError, type AsyncCompletionClient } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';

import { activityFailure } from '../contract/failures.js';

/** An activity that has given its slot back, and is ended from outside. */
export interface WaitingActivity {
  readonly taskToken: Uint8Array;
  /** Undefined: nothing is said to Temporal while it waits. */
  readonly heartbeatTimeoutMs: number | undefined;
  /** What its heartbeats say, for the next attempt: from the first on, which comes before anything else. */
  readonly details?: () => unknown;
}

/** Resolves with what the activity gives, or rejects with what it fails with; with anything when the signal aborts. */
export type Look = (signal: AbortSignal) => Promise<unknown>;

type Completion = Pick<AsyncCompletionClient, 'heartbeat' | 'complete' | 'fail'>;

interface LookBounds {
  /** Temporal bounds how many requests of a namespace wait for an answer at once, and workers need some of them to poll. */
  readonly mostAtOnce: number;
  /** Where there are more than that, all are looked at in about this time. */
  readonly roundMs: number;
  readonly shortestMs: number;
}

const BOUNDS: LookBounds = { mostAtOnce: 100, roundMs: 10_000, shortestMs: 500 };
const BEATS_IN_TIMEOUT = 3;
const REPORT_AGAIN_MS = 1000;

interface WaitOptions {
  readonly bounds?: LookBounds;
  /** Told of each wait; what it returns is called when the wait is over. */
  readonly began?: (taskToken: Uint8Array) => () => void;
}

interface Wait extends WaitingActivity {
  readonly over: () => void;
  readonly look: Look;
  readonly ending: AbortController;
  readonly beats: NodeJS.Timeout | undefined;
}

/**
 * What activities of this process wait for, perhaps for weeks, without a slot of their task queue: such an activity hands its
 * wait over and throws CompleteAsyncError. When the process dies, the heartbeats cease, and Temporal gives the activity
 * to another worker; when it ends in order, the activities are handed back. Of a few every end is noticed at once, of very many
 * within a minute.
 */
export class LongWaits {
  readonly #completion: Completion;
  readonly #bounds: LookBounds;
  readonly #began: (taskToken: Uint8Array) => () => void;
  /** Waits outlive what handed them over, and take turns: none is looked at in the name of another, or of an activity that is over. */
  readonly #ofNobody = new AsyncResource('LongWaits');
  readonly #waits = new Set<Wait>();
  readonly #queue: Wait[] = [];
  #looking = 0;
  #isClosed = false;

  constructor(completion: Completion, { bounds = BOUNDS, began = () => () => undefined }: WaitOptions = {}) {
    this.#completion = completion;
    this.#bounds = bounds;
    this.#began = began;
  }

  take(activity: WaitingActivity, look: Look): void {
    this.#ofNobody.runInAsyncScope(() => {
      this.#take(activity, look);
    });
  }

  #take(activity: WaitingActivity, look: Look): void {
    const { heartbeatTimeoutMs } = activity;
    const beats =
      heartbeatTimeoutMs === undefined
        ? undefined
        : setInterval(() => void this.#beat(wait), heartbeatTimeoutMs / BEATS_IN_TIMEOUT);
    const over = this.#began(activity.taskToken);
    const wait: Wait = { ...activity, look, beats, over, ending: new AbortController() };
    this.#waits.add(wait);
    if (this.#isClosed) {
      void this.#handBack(wait);
      return;
    }
    void this.#begin(wait);
  }

  async #begin(wait: Wait): Promise<void> {
    if (wait.details !== undefined) await this.#beat(wait);
    this.#queue.push(wait);
    this.#lookOn();
  }

  /** Resolves when all have been handed back, as far as Temporal answers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#waits].map((wait) => this.#handBack(wait)));
  }

  #lookOn(): void {
    while (this.#looking < this.#bounds.mostAtOnce) {
      const wait = this.#queue.shift();
      if (wait === undefined) return;
      if (wait.ending.signal.aborted) continue;
      this.#looking += 1;
      void this.#lookAt(wait).finally(() => {
        this.#looking -= 1;
        this.#lookOn();
      });
    }
  }

  async #lookAt(wait: Wait): Promise<void> {
    const turn = new AbortController();
    const end = () => {
      turn.abort();
    };
    const timer = setTimeout(end, this.#lookMs);
    wait.ending.signal.addEventListener('abort', end);
    try {
      const result = await wait.look(turn.signal);
      await this.#report(wait, () => this.#completion.complete(wait.taskToken, result));
    } catch (error) {
      if (wait.ending.signal.aborted) return;
      if (turn.signal.aborted) this.#queue.push(wait);
      else await this.#report(wait, () => this.#fail(wait, error));
    } finally {
      clearTimeout(timer);
      wait.ending.signal.removeEventListener('abort', end);
    }
  }

  /** A failure by itself says nothing for the next attempt. */
  async #fail(wait: Wait, error: unknown): Promise<void> {
    if (wait.details !== undefined) await this.#beat(wait);
    await this.#completion.fail(wait.taskToken, activityFailure(error));
  }

  get #lookMs(): number {
    const { mostAtOnce, roundMs, shortestMs } = this.#bounds;
    return Math.max(shortestMs, roundMs * Math.min(1, mostAtOnce / this.#waits.size));
  }

  /** Again and again until Temporal has it, or wants it no more. */
  async #report(wait: Wait, report: () => Promise<void>): Promise<void> {
    while (!wait.ending.signal.aborted) {
      try {
        await report();
        this.#end(wait);
      } catch (error) {
        if (isUnwanted(error)) this.#end(wait);
        else await pause(REPORT_AGAIN_MS, undefined, { signal: wait.ending.signal }).catch(() => undefined);
      }
    }
  }

  async #beat(wait: Wait): Promise<void> {
    try {
      await this.#completion.heartbeat(wait.taskToken, wait.details?.());
    } catch (error) {
      // Where Temporal is away, a later one may get through.
      if (isUnwanted(error)) this.#end(wait);
    }
  }

  async #handBack(wait: Wait): Promise<void> {
    this.#end(wait);
    const failure = ApplicationFailure.retryable(
      'The worker that waited has ended: another one goes on.',
      'UNAVAILABLE',
    );
    await this.#completion.fail(wait.taskToken, failure).catch(() => undefined);
  }

  #end(wait: Wait): void {
    clearInterval(wait.beats);
    wait.over();
    this.#waits.delete(wait);
    wait.ending.abort();
  }
}

/** The workflow has ended, does not want it, or another attempt is due. */
function isUnwanted(error: unknown): boolean {
  return error instanceof ActivityNotFoundError || error instanceof ActivityCancelledError;
}
