import type { NatsLink } from '../../../src/streams/nats/nats-connection.js';
import type { NatsEntry } from '../../../src/streams/nats/nats-entry.js';

type Span = Parameters<NatsLink['walk']>[1];

/** Holds one log in place of a server, and tells how it was read. A replica of it may be late. */
export class NatsStandIn implements NatsLink {
  /** How many of the last entries the replica has not got yet. */
  lateBy = 0;
  readonly walks: Span[] = [];
  #onDown: () => void = () => undefined;

  constructor(public entries: readonly NatsEntry[]) {}

  last(): Promise<NatsEntry | undefined> {
    return Promise.resolve(this.entries.at(-1));
  }

  lastSeen(): Promise<NatsEntry | undefined> {
    return Promise.resolve(this.entries[this.entries.length - 1 - this.lateBy]);
  }

  walk(_executionId: string, span: Span, take: (entry: NatsEntry) => 'more' | 'enough'): Promise<void> {
    this.walks.push(span);
    const found = this.entries.filter(({ position }) => position >= span.from && position <= span.to);
    found.every((entry) => take(entry) === 'more');
    return Promise.resolve();
  }

  onDisconnect(listener: () => void): () => void {
    this.#onDown = listener;
    return () => undefined;
  }

  disconnect(): void {
    this.#onDown();
  }

  onReconnect(): () => void {
    return () => undefined;
  }

  publish(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  subscribe(): () => void {
    return () => undefined;
  }

  subscribed(): Promise<void> {
    return Promise.resolve();
  }

  purge(): Promise<void> {
    return Promise.resolve();
  }
}

/** An entry of two chunks for each number, at every tenth position of the stream. */
export function entriesOf(opening: string, count: number, firstPosition = 10): readonly NatsEntry[] {
  return Array.from({ length: count }, (_, n) => ({
    first: 2 * n,
    last: 2 * n + 1,
    position: firstPosition + 10 * n,
    epoch: 1,
    opening,
    turn: 1,
    attempt: 1,
    isOpening: false,
    isClosed: false,
    timestamp: '2026-11-23T05:00:00.000Z',
    events: JSON.stringify(['a', 'b'].map((content) => ({ eventType: 'content_chunk', content }))),
  }));
}
