import type { StreamWake } from '../stream-log.js';

type OnWake = (wake: StreamWake) => void;

/** Who watches which execution within this process. */
export class Watchers {
  readonly #byExecution = new Map<string, Set<OnWake>>();

  add(executionId: string, onWake: OnWake): () => void {
    // A function of our own: the same one may be given twice, and each watch ends by itself.
    const watcher: OnWake = (wake) => {
      onWake(wake);
    };
    const watchers = this.#byExecution.get(executionId) ?? new Set();
    this.#byExecution.set(executionId, watchers.add(watcher));
    return () => {
      if (!watchers.delete(watcher) || watchers.size > 0) return;
      // After a clear() the name may belong to a newer set.
      if (this.#byExecution.get(executionId) === watchers) this.#byExecution.delete(executionId);
    };
  }

  has(executionId: string): boolean {
    return this.#byExecution.has(executionId);
  }

  wake(executionId: string, wake: StreamWake): void {
    for (const watcher of this.#byExecution.get(executionId) ?? []) watcher(wake);
  }

  wakeAll(wake: StreamWake): void {
    for (const executionId of [...this.#byExecution.keys()]) this.wake(executionId, wake);
  }

  clear(): void {
    for (const watchers of this.#byExecution.values()) watchers.clear();
    this.#byExecution.clear();
  }
}
