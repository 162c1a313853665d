import { setTimeout as pause } from 'node:timers/promises';

import type { AnswerCacheStore, CallProgress, WantedAnswer } from '../storage/answer-cache-store.js';

type GoOn = () => void;

interface Group {
  readonly wanted: WantedAnswer;
  readonly waiting: Set<GoOn>;
}

const SHORTEST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 500;
/** An answer that has been waited for so many times longer than a pause need not be noticed sooner. */
const PAUSES_IN_WAIT = 50;

/**
 * Who of this process waits for a call that somebody makes for all, maybe in another process. However many wait, one question is
 * asked at a time. Where the call has its answer all go on; where it has come to nothing, one of them makes it.
 */
export class EqualCalls {
  readonly #store: Pick<AnswerCacheStore, 'progress'>;
  readonly #groups = new Map<string, Group>();
  #isLooking = false;
  #lastCame = 0;

  constructor(store: Pick<AnswerCacheStore, 'progress'>) {
    this.#store = store;
  }

  /** Resolves when it is this one's turn to look again. Rejects with the signal's reason. */
  wait(wanted: WantedAnswer, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const name = `${wanted.key} ${wanted.maxAgeSeconds} ${wanted.unfit ?? ''}`;
      const group: Group = this.#groups.get(name) ?? { wanted, waiting: new Set() };
      const leave = () => {
        group.waiting.delete(goOn);
        signal.removeEventListener('abort', giveUp);
        if (group.waiting.size === 0) this.#groups.delete(name);
      };
      const giveUp = () => {
        leave();
        reject(signal.reason as Error);
      };
      const goOn = () => {
        leave();
        resolve();
      };
      if (signal.aborted) {
        giveUp();
        return;
      }
      signal.addEventListener('abort', giveUp);
      group.waiting.add(goOn);
      this.#lastCame = performance.now();
      this.#groups.set(name, group);
      void this.#look();
    });
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#groups.size > 0) {
      await pause(this.#pauseMs());
      const groups = [...this.#groups.values()];
      const progress = await this.#store.progress(groups.map(({ wanted }) => wanted)).catch(() => []);
      for (const [index, { waiting }] of groups.entries()) letGo(waiting, progress[index]);
    }
    this.#isLooking = false;
  }

  /** By whoever has come last. */
  #pauseMs(): number {
    const shortest = performance.now() - this.#lastCame;
    return Math.min(Math.max(shortest / PAUSES_IN_WAIT, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  }
}

/** What storage does not say is asked again. */
function letGo(waiting: ReadonlySet<GoOn>, progress: CallProgress | undefined): void {
  switch (progress) {
    case 'answered':
      for (const goOn of [...waiting]) goOn();
      return;
    case 'free': {
      const [first] = waiting;
      first?.();
      return;
    }
    case 'under-way':
    case undefined:
      return;
  }
}
