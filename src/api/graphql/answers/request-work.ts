import { CircuitBreakerError } from '../../../core/errors.js';
import type { Steps } from '../../../core/steps.js';
import { oneTurnOf } from '../../../operations/in-turns.js';
import type { Turns } from './turns.js';

/** Of a process that answers others as well. A page of 200 tokens with ordinary rules takes a fiftieth of it. */
const MAX_WORK_MS = 2000;
/** Fields of the items of lists, as they turned out to be long: the cost of a query knows only what is usual. */
const MAX_FIELDS = 100_000;
/** In characters as JSON. */
const MAX_READ = 64 * 1024 * 1024;

/**
 * What one request, or one event of a subscription, has the process read and compute: each thing once, however many fields ask for it,
 * in turns with what others ask for, and within bounds. Beyond them it throws QUERY_TOO_COSTLY.
 */
export class RequestWork {
  readonly #turns: Turns;
  readonly #clock: () => number;
  readonly #done = new Map<string, Promise<unknown>>();
  #workMs = 0;
  #fields = 0;
  #read = 0;

  constructor(turns: Turns, clock: () => number = () => performance.now()) {
    this.#turns = turns;
    this.#clock = clock;
  }

  /** The result of this work. Under one key it is always the same work. */
  once<Result>(key: string, work: () => Result): Promise<Awaited<Result>> {
    return this.#remembered(key, () => this.run(work));
  }

  /** The same of work that is done in steps. */
  onceInSteps<Result>(key: string, steps: () => Steps<Result>): Promise<Result> {
    return this.#remembered(key, () => this.inSteps(steps()));
  }

  #remembered<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const known = this.#done.get(key) ?? work();
    this.#done.set(key, known);
    return known as Promise<Result>;
  }

  /** Does work in a turn of its own. Of work that waits, the part up to there counts. */
  async run<Result>(work: () => Result): Promise<Awaited<Result>> {
    return await this.#turns.take(this, () => {
      if (this.#workMs > MAX_WORK_MS) throw tooCostly(`it takes more than ${MAX_WORK_MS} ms of computing`);
      const startedAt = this.#clock();
      try {
        return work();
      } finally {
        this.#workMs += this.#clock() - startedAt;
      }
    });
  }

  /** Does work in as many turns as it takes, each of them counted. */
  async inSteps<Result>(steps: Steps<Result>): Promise<Result> {
    for (;;) {
      const turn = await this.run(() => oneTurnOf(steps, this.#clock));
      if (turn.done === true) return turn.value;
    }
  }

  countFields(count: number): void {
    this.#fields += count;
    if (this.#fields > MAX_FIELDS) throw tooCostly(`its lists have more than ${MAX_FIELDS} fields`);
  }

  /** Of what was read: a page of it may be larger than anything that is answered. */
  countRead(characters: number): void {
    this.#read += characters;
    if (this.#read > MAX_READ) throw tooCostly(`what it reads has more than ${MAX_READ} characters`);
  }

  /** What was computed may have changed. */
  forget(): void {
    this.#done.clear();
  }

  /** What follows is another answer. */
  renew(): void {
    this.forget();
    this.#fields = 0;
    this.#read = 0;
    this.#workMs = 0;
  }
}

export function tooCostly(reason: string): CircuitBreakerError {
  return new CircuitBreakerError('QUERY_TOO_COSTLY', `The query is too costly: ${reason}. Ask for less at once.`);
}
