import type { Storage } from '../storage/storage.js';

/** So many of the active tokens are looked at in a round: Temporal is asked of each. */
const PER_ROUND = 500;
/** Each may take half a megabyte. */
const PER_PAGE = 20;

/** Goes round the active tokens, a part in each round, so that in time each is looked at, and again and again. */
export class ActiveTokens {
  readonly #tokens: Pick<Storage['tokens'], 'list'>;
  /** Where the next round goes on; absent: from the newest. */
  #after: string | undefined;

  constructor(tokens: Pick<Storage['tokens'], 'list'>) {
    this.#tokens = tokens;
  }

  /** The ids that are next, page by page. */
  async *next(): AsyncGenerator<readonly string[]> {
    for (let seen = 0; seen < PER_ROUND;) {
      const page = { first: PER_PAGE, ...(this.#after === undefined ? {} : { after: this.#after }) };
      const { items, hasNextPage } = await this.#tokens.list({ status: 'ACTIVE' }, page);
      seen += items.length;
      this.#after = hasNextPage ? items.at(-1)?.cursor : undefined;
      yield items.map(({ item }) => item.id);
      if (this.#after === undefined) return;
    }
  }
}
