import { DeliverPolicy } from '@nats-io/jetstream';

import {
  linkNats,
  type NatsOptions as LinkOptions,
  type NatsServerLink,
} from '../../backends/nats/nats-server-link.js';
import { subjectToken } from '../../backends/nats/nats-subject.js';
import { readNatsUrl } from '../../backends/nats/nats-url.js';
import { decodeEntry, type NatsEntry } from './nats-entry.js';
import { ensureStream, refuseShortMessages } from './nats-stream.js';
import { walkEntries, type TakeEntry } from './nats-walk.js';

interface NatsOptions extends LinkOptions {
  /** At most so many; 5,000 unless a test wants few. */
  readonly messagesPerFetch?: number;
}

const MESSAGES_PER_FETCH = 5000;

/**
 * One connection to NATS and the JetStream stream that keeps the logs of all executions, a subject for each. Survives
 * the server's restarts.
 */
export class NatsConnection {
  readonly #link: NatsServerLink;
  readonly #stream: string;
  readonly #options: NatsOptions;

  constructor(link: NatsServerLink, stream: string, options: NatsOptions) {
    this.#link = link;
    this.#stream = stream;
    this.#options = options;
  }

  /**
   * Publishes behind the message that is the subject's last, 0 for none. Gives the sequence of the new one, undefined
   * when another is the last. Throws UNAVAILABLE when the server cannot be reached or takes nothing now.
   */
  async publish(executionId: string, data: Uint8Array, after: number): Promise<number | undefined> {
    return await this.#link.publishAfter(after, this.#subject('in', executionId), data);
  }

  /** The last entry of a log as the stream's leader has it: what is decided by it has to be true. */
  async last(executionId: string): Promise<NatsEntry | undefined> {
    const found = await this.#link.ask(() =>
      this.#link.manager.streams.getMessage(this.#stream, { last_by_subj: this.#subject('in', executionId) }),
    );
    return found === null ? undefined : decodeEntry(found.seq, found.data);
  }

  /** The same from any replica, which may be late. */
  async lastSeen(executionId: string): Promise<NatsEntry | undefined> {
    const found = await this.#link.ask(() =>
      this.#link.manager.direct.getMessage(this.#stream, { last_by_subj: this.#subject('in', executionId) }),
    );
    return found === null ? undefined : decodeEntry(found.seq, found.data);
  }

  /**
   * Entries in order, from a position on; ends with the one at position `to`, or as soon as `take` says so. `expected`
   * is how many that may be: the server sends not many more.
   */
  async walk(
    executionId: string,
    { from, to, expected }: { readonly from: number; readonly to: number; readonly expected: number },
    take: TakeEntry,
  ): Promise<void> {
    const { messagesPerFetch: mostPerFetch = MESSAGES_PER_FETCH } = this.#options;
    const isThere = async () => ((await this.last(executionId))?.position ?? 0) >= to;
    await this.#link.ask(async () => {
      const consumer = await this.#link.client.consumers.get(this.#stream, {
        filter_subjects: this.#subject('in', executionId),
        deliver_policy: DeliverPolicy.StartSequence,
        opt_start_seq: Math.max(from, 1),
      });
      try {
        await walkEntries(consumer, { to, expected, mostPerFetch, isThere }, take);
      } finally {
        // Nobody waits for it: the server forgets it by itself before long.
        void consumer.delete().catch(() => undefined);
      }
    });
  }

  /** Calls back with the entries of one execution as they are stored. Returns what ends that. */
  subscribe(executionId: string, onData: (data: Uint8Array) => void): () => void {
    const subscription = this.#link.connection.subscribe(this.#subject('out', executionId), {
      callback: (error, message) => {
        if (error === null) onData(message.data);
      },
    });
    return () => {
      subscription.unsubscribe();
    };
  }

  /** Resolves once the server knows all subscriptions. Never throws: a later connection brings them. */
  async subscribed(): Promise<void> {
    await this.#link.connection.flush().catch(() => undefined);
  }

  /** Tells of every loss of the connection. Returns what ends that. */
  onDisconnect(listener: () => void): () => void {
    return this.#link.onDisconnect(listener);
  }

  /** Tells of every connection after the first; what was published in between is lost. Returns what ends that. */
  onReconnect(listener: () => void): () => void {
    return this.#link.onReconnect(listener);
  }

  async purge(executionId: string): Promise<void> {
    const filter = this.#subject('in', executionId);
    await this.#link.ask(() => this.#link.manager.streams.purge(this.#stream, { filter }));
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  #subject(kind: 'in' | 'out', executionId: string): string {
    return `${this.#stream}.${kind}.${subjectToken(executionId)}`;
  }
}

/** What a log needs of a connection. */
export type NatsLink = Omit<NatsConnection, 'close'>;

/**
 * Connects, and makes the stream where it is missing: the path of the URL names it, `circuit-breaker` by default.
 * Throws UNAVAILABLE naming host and port, never the password, when the server cannot be used.
 */
export async function connectNats(url: string, options: NatsOptions): Promise<NatsConnection> {
  const address = readNatsUrl(url, { variable: 'STREAM_URL', what: 'stream', usualName: 'circuit-breaker' });
  const link = await linkNats(address, {
    ...options,
    judge: ({ info }) => {
      refuseShortMessages(info?.max_payload);
    },
    prepare: (manager) => ensureStream(manager, address.name),
  });
  return new NatsConnection(link, address.name, options);
}
