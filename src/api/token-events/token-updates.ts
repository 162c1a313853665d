import { notFound } from '../../core/errors.js';
import type { StoredTokenEvent, TokenStore } from '../../storage/token-store.js';
import type { FeedListener, TokenFeed } from './token-feed.js';

interface TokenUpdatesParts {
  readonly feed: TokenFeed;
  readonly storage: { readonly tokens: Pick<TokenStore, 'listEvents' | 'newestEvent'> };
}

const EVENTS_PER_READ = 100;
const CLOSING: ReadonlySet<StoredTokenEvent['type']> = new Set(['COMPLETED', 'CANCELLED', 'TERMINATED']);

/**
 * The events of one token, in order and without holes: what follows `after`, or without it the newest one and what
 * follows. Ends when the token has closed. Throws NOT_FOUND for a token that nobody knows.
 */
export async function tokenUpdates(parts: TokenUpdatesParts, tokenId: string, after?: number): Promise<TokenUpdates> {
  const updates = new TokenUpdates(tokenId, parts.storage.tokens);
  // First of all: what is recorded while we look is then both stored and handed over.
  updates.leave = await parts.feed.listen({ tokenId }, updates);
  try {
    const newest = await parts.storage.tokens.newestEvent(tokenId);
    if (newest === undefined) throw notFound('token', tokenId);
    updates.beginAfter(Math.min(after ?? newest.sequence - 1, newest.sequence), newest);
    return updates;
  } catch (error) {
    await updates.return();
    throw error;
  }
}

/** Holds few events: one who falls behind reads them from storage. Not a generator: its `return` settles `next`. */
export class TokenUpdates implements AsyncIterableIterator<StoredTokenEvent>, FeedListener {
  readonly #tokenId: string;
  readonly #tokens: Pick<TokenStore, 'listEvents'>;
  leave: () => void = () => undefined;
  #ready: StoredTokenEvent[] = [];
  #last = 0;
  #mustRead = true;
  #isClosed = false;
  #isOver = false;
  #wake: () => void = () => undefined;

  constructor(tokenId: string, tokens: Pick<TokenStore, 'listEvents'>) {
    this.#tokenId = tokenId;
    this.#tokens = tokens;
  }

  beginAfter(last: number, newest: StoredTokenEvent): void {
    this.#last = last;
    this.#isClosed = last === newest.sequence && CLOSING.has(newest.type);
  }

  take(event: StoredTokenEvent): void {
    if (event.sequence <= this.#newestReady) return;
    const isNext = event.sequence === this.#newestReady + 1 && !this.#mustRead && this.#ready.length < EVENTS_PER_READ;
    if (isNext) this.#ready.push(event);
    else this.#mustRead = true;
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<StoredTokenEvent>> {
    for (;;) {
      const event = this.#ready.shift();
      if (event !== undefined && !this.#isOver) return this.#give(event);
      if (this.#isOver) break;
      if (this.#mustRead) await this.#read();
      else if (this.#isClosed) break;
      else await this.#changed();
    }
    return await this.return();
  }

  return(): Promise<IteratorResult<StoredTokenEvent>> {
    this.end();
    this.leave();
    return Promise.resolve({ value: undefined, done: true });
  }

  get #newestReady(): number {
    return this.#ready.at(-1)?.sequence ?? this.#last;
  }

  #give(event: StoredTokenEvent): IteratorResult<StoredTokenEvent> {
    this.#last = event.sequence;
    if (event.type === 'CREATED' || event.type === 'RESET') this.#isClosed = false;
    if (CLOSING.has(event.type)) {
      this.#isClosed = true;
      // What was recorded behind it comes still; then it is the end.
      this.#mustRead = true;
    }
    return { value: event, done: false };
  }

  async #read(): Promise<void> {
    this.#mustRead = false;
    const events = await this.#tokens.listEvents(this.#tokenId, { after: this.#newestReady, first: EVENTS_PER_READ });
    // What was handed over meanwhile is among them, or follows them.
    const newest = this.#newestReady;
    this.#ready.push(...events.filter(({ sequence }) => sequence > newest));
    if (events.length === EVENTS_PER_READ) this.#mustRead = true;
  }

  async #changed(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}
