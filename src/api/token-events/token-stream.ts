import type { StreamEvent } from '../../core/streams/stream-event.js';
import type { Storage } from '../../storage/storage.js';
import type { StoredTokenEvent } from '../../storage/token-store.js';
import type { StreamViewer } from '../../streams/reading/viewer.js';
import type { StreamOpener } from '../access/parts-for.js';
import { EventQueue } from './event-queue.js';
import type { TokenFeed } from './token-feed.js';
import { tokenUpdates, type TokenUpdates } from './token-updates.js';

interface TokenStreamParts {
  readonly storage: Pick<Storage, 'executions' | 'tokens'>;
  readonly reader: StreamOpener;
  readonly feed: TokenFeed;
}

/** Further executions of a token are followed when earlier ones have ended. More do not run in one place. */
const MAX_LIVE = 50;

/** Every execution of one token, live: those that run now from their beginning, and those that start later. */
export async function tokenStream(
  parts: TokenStreamParts,
  tokenId: string,
): Promise<AsyncIterableIterator<StreamEvent>> {
  const updates = await tokenUpdates(parts, tokenId);
  const stream = new TokenStream(parts, updates);
  void stream.run(tokenId);
  return stream.events;
}

class TokenStream {
  readonly #parts: TokenStreamParts;
  readonly #updates: TokenUpdates;
  readonly events: EventQueue<StreamEvent>;
  readonly #followed = new Set<string>();
  readonly #viewers = new Set<StreamViewer>();
  readonly #following = new Set<Promise<void>>();

  constructor(parts: TokenStreamParts, updates: TokenUpdates) {
    this.#parts = parts;
    this.#updates = updates;
    this.events = new EventQueue(() => {
      void updates.return();
      for (const viewer of this.#viewers) viewer.leave();
    });
  }

  /** Ends with the token, when all of its executions have. */
  async run(tokenId: string): Promise<void> {
    try {
      for (const status of ['RUNNING', 'WAITING_FOR_APPROVAL', 'PENDING'] as const) {
        const { items } = await this.#parts.storage.executions.list({ tokenId, status }, { first: MAX_LIVE });
        for (const { item } of items) this.#follow(item.id);
      }
      for await (const event of this.#updates) this.#followStarted(event);
      await Promise.all(this.#following);
      this.events.end();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.events.end(error instanceof Error ? error : new Error('a stream of the token broke', { cause: error }));
  }

  #followStarted({ type, executionId }: StoredTokenEvent): void {
    if (type !== 'TRANSITION_STARTED' && type !== 'EXECUTION_STARTED') return;
    if (executionId !== undefined) this.#follow(executionId);
  }

  #follow(executionId: string): void {
    if (this.#followed.has(executionId) || this.events.hasEnded) return;
    this.#followed.add(executionId);
    const following = this.#pass(executionId)
      .catch((error: unknown) => {
        this.#fail(error);
      })
      .finally(() => this.#following.delete(following));
    this.#following.add(following);
  }

  async #pass(executionId: string): Promise<void> {
    const viewer = await this.#parts.reader.open(executionId, { door: 'graphql' });
    this.#viewers.add(viewer);
    if (this.events.hasEnded) viewer.leave();
    for (let batch = await viewer.next(); batch !== undefined; batch = await viewer.next()) {
      for (const event of batch) this.events.push(event);
      // No queue without end: it goes on when the consumer has taken what there is.
      await this.events.drained();
    }
    this.#viewers.delete(viewer);
  }
}
