import type { StreamWake } from '../stream-log.js';
import { Watchers } from '../entries/watchers.js';
import type { NatsLink } from './nats-connection.js';
import { decodeEntry, streamEntry } from './nats-entry.js';

/** Passes what the stream republishes on to whom it concerns: a subscription for each execution that is watched. */
export class NatsWakeUps {
  readonly #nats: NatsLink;
  readonly #watchers = new Watchers();
  readonly #subscriptions = new Map<string, () => void>();
  readonly #forget: () => void;

  constructor(nats: NatsLink) {
    this.#nats = nats;
    // Whatever was published while nobody listened is gone: everyone has to look.
    this.#forget = nats.onReconnect(() => {
      this.#watchers.wakeAll({ kind: 'changed' });
    });
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    const unwatch = this.#watchers.add(executionId, onWake);
    if (!this.#subscriptions.has(executionId)) this.#subscribe(executionId);
    return () => {
      unwatch();
      if (!this.#watchers.has(executionId)) this.#unsubscribe(executionId);
    };
  }

  shutdown(): void {
    this.#forget();
    this.#watchers.clear();
    for (const executionId of [...this.#subscriptions.keys()]) this.#unsubscribe(executionId);
  }

  #subscribe(executionId: string): void {
    const end = this.#nats.subscribe(executionId, (data) => {
      this.#watchers.wake(executionId, readWake(executionId, data));
    });
    this.#subscriptions.set(executionId, end);
    void this.#nats.subscribed().then(() => {
      this.#watchers.wake(executionId, { kind: 'changed' });
    });
  }

  #unsubscribe(executionId: string): void {
    this.#subscriptions.get(executionId)?.();
    this.#subscriptions.delete(executionId);
  }
}

/** What cannot be read is from another version of the program; the log itself can be read all the same. */
function readWake(executionId: string, data: Uint8Array): StreamWake {
  try {
    return { kind: 'entry', entry: streamEntry(executionId, decodeEntry(0, data)) };
  } catch {
    return { kind: 'changed' };
  }
}
