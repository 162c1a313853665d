import type { StreamWake } from '../stream-log.js';
import { Watchers } from '../entries/watchers.js';
import type { RedisConnection } from './redis-connection.js';
import { readEntry } from './redis-entry.js';

/** Passes what is published about executions on to whom it concerns: a channel for each that is watched. */
export class RedisWakeUps {
  readonly #redis: RedisConnection;
  readonly #channelOf: (executionId: string) => string;
  readonly #watchers = new Watchers();
  readonly #names = new Map<string, string>();
  readonly #forget: () => void;
  readonly #onMessage = (message: string, channel: string) => {
    const executionId = this.#names.get(channel);
    if (executionId !== undefined) this.#watchers.wake(executionId, readWake(executionId, message));
  };

  constructor(redis: RedisConnection, channelOf: (executionId: string) => string) {
    this.#redis = redis;
    this.#channelOf = channelOf;
    // Whatever was published while nobody listened is gone: everyone has to look.
    this.#forget = redis.onSubscriberReady(() => {
      for (const executionId of this.#names.values()) this.#listen(executionId);
      this.#watchers.wakeAll({ kind: 'changed' });
    });
  }

  watch(executionId: string, onWake: (wake: StreamWake) => void): () => void {
    const isNew = !this.#watchers.has(executionId);
    const unwatch = this.#watchers.add(executionId, onWake);
    if (isNew) {
      this.#names.set(this.#channelOf(executionId), executionId);
      this.#listen(executionId);
    }
    return () => {
      unwatch();
      if (!this.#watchers.has(executionId)) this.#stopListening(this.#channelOf(executionId));
    };
  }

  shutdown(): void {
    this.#forget();
    this.#watchers.clear();
    for (const channel of [...this.#names.keys()]) this.#stopListening(channel);
  }

  #stopListening(channel: string): void {
    if (this.#names.delete(channel))
      this.#redis.subscriber.unsubscribe(channel, this.#onMessage).catch(() => undefined);
  }

  /** Where that fails the connection is gone: the next one listens again to all. */
  #listen(executionId: string): void {
    this.#redis.subscriber.subscribe(this.#channelOf(executionId), this.#onMessage).then(
      () => {
        this.#watchers.wake(executionId, { kind: 'changed' });
      },
      () => undefined,
    );
  }
}

/** What cannot be read was too large to be sent along, or is from another version of the program. */
function readWake(executionId: string, message: string): StreamWake {
  try {
    const [opening = '', head = '', time = '', ...rest] = message.split('\n');
    return { kind: 'entry', entry: readEntry(executionId, { opening, head, time, events: rest.join('\n') }) };
  } catch {
    return { kind: 'changed' };
  }
}
