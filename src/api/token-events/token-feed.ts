import type { FeedPosition, StoredTokenEvent, TokenStore } from '../../storage/token-store.js';

export interface TokenFeedOptions {
  readonly tokens: Pick<TokenStore, 'readFeed' | 'watchFeed'>;
  readonly logger: { warn(facts: object, message: string): void };
}

/** Whose events somebody wants. */
export type FeedTopic = { readonly tokenId: string } | { readonly workflowId: string };

export interface FeedListener {
  take(event: StoredTokenEvent): void;
  /** The process goes away. */
  end(): void;
}

const PAGE_SIZE = 500;
const LOOK_EVERY_MS = 1000;
/** What is held back by a transaction under way comes with its end: soon. */
const HIDDEN_PAUSE_MS = 25;

/**
 * Reads the events of all tokens once for the whole process, while somebody listens, and hands each to those who want
 * it. Lost wake-ups cost a second.
 */
export class TokenFeed {
  readonly #options: TokenFeedOptions;
  readonly #listeners = new Map<string, Set<FeedListener>>();
  #position: FeedPosition | undefined;
  #begun: Promise<void> | undefined;
  #stop: (() => void) | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;

  constructor(options: TokenFeedOptions) {
    this.#options = options;
  }

  /** Resolves when every event that is recorded from then on will be handed over. Leave with what it gives. */
  async listen(topic: FeedTopic, listener: FeedListener): Promise<() => void> {
    const key = keyOf(topic);
    this.#listeners.set(key, (this.#listeners.get(key) ?? new Set()).add(listener));
    const leave = () => {
      this.#remove(key, listener);
    };
    try {
      this.#begun ??= this.#begin();
      await this.#begun;
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  async shutdown(): Promise<void> {
    for (const listener of [...this.#listeners.values()].flatMap((set) => [...set])) listener.end();
    this.#listeners.clear();
    this.#end();
    await this.#reading;
  }

  async #begin(): Promise<void> {
    const { position } = await this.#options.tokens.readFeed(undefined, 1);
    if (this.#listeners.size === 0) {
      this.#begun = undefined;
      return;
    }
    this.#position = position;
    const look = () => {
      this.#look();
    };
    const timer = setInterval(look, LOOK_EVERY_MS).unref();
    const unwatch = this.#options.tokens.watchFeed(look);
    this.#stop = () => {
      clearInterval(timer);
      unwatch();
    };
  }

  #remove(key: string, listener: FeedListener): void {
    const listeners = this.#listeners.get(key);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(key);
    if (this.#listeners.size === 0) this.#end();
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#position = undefined;
    this.#begun = undefined;
  }

  #look(): void {
    this.#isStale = true;
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined;
      if (this.#isStale && this.#position !== undefined) this.#look();
    });
  }

  async #readOn(): Promise<void> {
    while (this.#isStale && this.#position !== undefined) {
      this.#isStale = false;
      try {
        await this.#readPage(this.#position);
      } catch (error) {
        this.#options.logger.warn({ err: error }, 'the events of tokens could not be read; the next look tries again');
        return;
      }
    }
  }

  async #readPage(from: FeedPosition): Promise<void> {
    const { events, position, isBehind } = await this.#options.tokens.readFeed(from, PAGE_SIZE);
    // Everybody may have left meanwhile, and somebody come who begins elsewhere.
    if (this.#position !== from) return;
    this.#position = position;
    for (const event of events) this.#handOver(event);
    if (!isBehind) return;
    this.#isStale = true;
    if (events.length < PAGE_SIZE) await new Promise((resolve) => setTimeout(resolve, HIDDEN_PAUSE_MS));
  }

  #handOver(event: StoredTokenEvent): void {
    for (const topic of [{ tokenId: event.tokenId }, { workflowId: event.workflowId }]) {
      for (const listener of this.#listeners.get(keyOf(topic)) ?? []) listener.take(event);
    }
  }
}

function keyOf(topic: FeedTopic): string {
  return 'tokenId' in topic ? `token ${topic.tokenId}` : `workflow ${topic.workflowId}`;
}
