import type { TokenFeed } from '../../api/token-events/token-feed.js';
import type { StoredTokenEvent } from '../../storage/token-store.js';
import { eventLine } from '../operator/event-line.js';

/** Says what happens to tokens of workflows, a line each. */
export class LiveTokens {
  readonly #feed: Pick<TokenFeed, 'listen'>;
  readonly #say: (line: string) => void;
  readonly #left = new Map<string, () => void>();

  constructor(feed: Pick<TokenFeed, 'listen'>, say: (line: string) => void) {
    this.#feed = feed;
    this.#say = say;
  }

  /** Resolves when everything that happens from then on is told. Those that are followed already go on. */
  async follow(workflowIds: readonly string[]): Promise<void> {
    for (const workflowId of workflowIds.filter((id) => !this.#left.has(id))) {
      this.#left.set(workflowId, () => undefined);
      try {
        this.#left.set(workflowId, await this.#listen(workflowId));
      } catch (error) {
        this.#left.delete(workflowId);
        throw error;
      }
    }
  }

  close(): void {
    for (const leave of this.#left.values()) leave();
    this.#left.clear();
  }

  #listen(workflowId: string): Promise<() => void> {
    const take = (event: StoredTokenEvent): void => {
      const line = eventLine(event);
      if (line === undefined) return;
      this.#say(`${event.tokenId}  ${line}${event.type === 'CREATED' ? ` It is of ${workflowId}.` : ''}`);
    };
    return this.#feed.listen({ workflowId }, { take, end: () => undefined });
  }
}
