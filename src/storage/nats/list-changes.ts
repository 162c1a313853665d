import type { ListChange } from './list-page.js';

interface WaitingChange {
  readonly change: ListChange;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Joins what this process wants to change of a list while another change of it is under way: lists are changed a page at a time. */
export class ListChanges {
  readonly #apply: (list: string, changes: readonly ListChange[]) => Promise<void>;
  readonly #waiting = new Map<string, WaitingChange[]>();

  constructor(apply: (list: string, changes: readonly ListChange[]) => Promise<void>) {
    this.#apply = apply;
  }

  /** Resolves once it is made. */
  make(list: string, change: ListChange): Promise<void> {
    return new Promise((done, failed) => {
      const waiting = this.#waiting.get(list);
      const one = { change, done, failed };
      if (waiting !== undefined) {
        waiting.push(one);
        return;
      }
      this.#waiting.set(list, [one]);
      void this.#makeAll(list);
    });
  }

  async #makeAll(list: string): Promise<void> {
    for (;;) {
      const next = this.#waiting.get(list) ?? [];
      if (next.length === 0) {
        this.#waiting.delete(list);
        return;
      }
      this.#waiting.set(list, []);
      try {
        await this.#apply(
          list,
          next.map(({ change }) => change),
        );
        for (const { done } of next) done();
      } catch (error) {
        for (const { failed } of next) failed(error);
      }
    }
  }
}
