import { LRUCache } from 'lru-cache';

import { isOneOfMany, type NextPage, type PageRecords } from './list-page.js';

/** Of how many lists this process remembers the directory. */
const REMEMBERED = 200;
/** Beyond so many every second is left out: each leads to a few pages then, by their own word. */
const MOST_SLOTS = 4000;

/**
 * Where pages of lists begin. It only saves steps: pages name the page behind them, so one that is missing here is found from the one
 * before it, and one that is gone sends whoever comes to look here again.
 */
export class ListDirectories {
  readonly #records: Pick<PageRecords, 'getMany' | 'put' | 'removeAsRead'>;
  readonly #known = new LRUCache<string, readonly NextPage[]>({ max: REMEMBERED });

  constructor(records: Pick<PageRecords, 'getMany' | 'put' | 'removeAsRead'>) {
    this.#records = records;
  }

  /** As this process saw it last. */
  async of(list: string): Promise<readonly NextPage[]> {
    return this.#known.get(list) ?? (await this.again(list));
  }

  /** As it is now. */
  async again(list: string): Promise<readonly NextPage[]> {
    return (await this.#read(list)).slots;
  }

  /** Best effort. */
  async change(
    list: string,
    { add = [], remove = [] }: { add?: readonly NextPage[]; remove?: readonly string[] },
  ): Promise<void> {
    const { slots, revision } = await this.#read(list);
    const changedPages = new Set([...remove, ...add.map(({ page }) => page)]);
    const kept = slots.filter(({ page }) => !changedPages.has(page));
    const changed = [...kept, ...add].sort((one, other) => (one.from < other.from ? -1 : 1));
    const thinned = changed.length > MOST_SLOTS ? changed.filter((_, index) => index % 2 === 0) : changed;
    if (thinned.length === 0 && isOneOfMany(list)) {
      if (revision > 0) await this.#records.removeAsRead(keyOf(list), revision);
      this.#known.delete(list);
      return;
    }
    const stored = await this.#records.put(keyOf(list), JSON.stringify(thinned), revision);
    if (stored === undefined) this.#known.delete(list);
    else this.#known.set(list, thinned);
  }

  async #read(list: string): Promise<{ readonly slots: readonly NextPage[]; readonly revision: number }> {
    const [found] = await this.#records.getMany([keyOf(list)]);
    const slots = found === undefined ? [] : (JSON.parse(found.text) as readonly NextPage[]);
    this.#known.set(list, slots);
    return { slots, revision: found?.revision ?? 0 };
  }
}

function keyOf(list: string): string {
  return `list-directory/${list}`;
}
