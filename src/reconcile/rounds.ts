import type { Page, PageRequest } from '../storage/page.js';

/** So many are looked at in a round: Temporal is asked of each. */
const PER_ROUND = 500;
/** Each may take half a megabyte. */
const PER_PAGE = 20;

/** Goes round a list, a part in each round, so that in time each of it is looked at, and again and again. */
export class Rounds {
  readonly #list: (page: PageRequest) => Promise<Page<{ readonly id: string }>>;
  /** Where the next round goes on; absent: from the newest. */
  #after: string | undefined;

  constructor(list: (page: PageRequest) => Promise<Page<{ readonly id: string }>>) {
    this.#list = list;
  }

  /** The ids that are next, page by page. */
  async *next(): AsyncGenerator<readonly string[]> {
    for (let seen = 0; seen < PER_ROUND;) {
      const page = { first: PER_PAGE, ...(this.#after === undefined ? {} : { after: this.#after }) };
      const { items, hasNextPage } = await this.#list(page);
      seen += items.length;
      this.#after = hasNextPage ? items.at(-1)?.cursor : undefined;
      yield items.map(({ item }) => item.id);
      if (this.#after === undefined) return;
    }
  }
}
