import {
  DeliverPolicy,
  jetstream,
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection as Connection } from '@nats-io/transport-node';

import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { decodeEntry, type NatsEntry } from './nats-entry.js';
import { ensureStream, refuseShortMessages } from './nats-stream.js';
import { subjectToken } from './nats-subject.js';
import { readNatsUrl } from './nats-url.js';
import { walkEntries, type TakeEntry } from './nats-walk.js';

interface NatsOptions {
  readonly logger: { warn(facts: object, message: string): void };
  /** At most so many; 5,000 unless a test wants few. */
  readonly messagesPerFetch?: number;
}

const TIMEOUT_MS = 5000;
/** A server that is frozen, or gone without a word, is noticed after two of these. */
const PING_EVERY_MS = 2000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;
const MESSAGES_PER_FETCH = 5000;

/**
 * One connection to NATS and the JetStream stream that keeps the logs of all executions, a subject for each. Survives
 * the server's restarts.
 */
export class NatsConnection {
  readonly #connection: Connection;
  readonly #parts: {
    readonly stream: string;
    readonly manager: JetStreamManager;
    readonly client: JetStreamClient;
    readonly options: NatsOptions;
  };
  #isUp = true;
  readonly #upListeners = new Set<() => void>();
  readonly #downListeners = new Set<() => void>();

  constructor(
    connection: Connection,
    parts: {
      readonly stream: string;
      readonly manager: JetStreamManager;
      readonly client: JetStreamClient;
      readonly options: NatsOptions;
    },
  ) {
    this.#connection = connection;
    this.#parts = parts;
    void this.#follow();
  }

  /**
   * Publishes behind the message that is the subject's last, 0 for none. Gives the sequence of the new one, undefined
   * when another is the last. Throws UNAVAILABLE when the server cannot be reached or takes nothing now.
   */
  async publish(executionId: string, data: Uint8Array, after: number): Promise<number | undefined> {
    this.#refuseWhenDown();
    try {
      const subject = this.#subject('in', executionId);
      const expect = { lastSubjectSequence: after };
      return (await this.#parts.client.publish(subject, data, { expect, timeout: TIMEOUT_MS })).seq;
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence)
        return undefined;
      throw this.#named(error);
    }
  }

  /** The last entry of a log as the stream's leader has it: what is decided by it has to be true. */
  async last(executionId: string): Promise<NatsEntry | undefined> {
    const { manager, stream } = this.#parts;
    const found = await this.#ask(() =>
      manager.streams.getMessage(stream, { last_by_subj: this.#subject('in', executionId) }),
    );
    return found === null ? undefined : decodeEntry(found.seq, found.data);
  }

  /** The same from any replica, which may be late. */
  async lastSeen(executionId: string): Promise<NatsEntry | undefined> {
    const { manager, stream } = this.#parts;
    const found = await this.#ask(() =>
      manager.direct.getMessage(stream, { last_by_subj: this.#subject('in', executionId) }),
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
    const { client, stream, options } = this.#parts;
    const { messagesPerFetch: mostPerFetch = MESSAGES_PER_FETCH } = options;
    const isThere = async () => ((await this.last(executionId))?.position ?? 0) >= to;
    await this.#ask(async () => {
      const consumer = await client.consumers.get(stream, {
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
    const subscription = this.#connection.subscribe(this.#subject('out', executionId), {
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
    await this.#connection.flush().catch(() => undefined);
  }

  /** Tells of every loss of the connection. Returns what ends that. */
  onDisconnect(listener: () => void): () => void {
    this.#downListeners.add(listener);
    return () => {
      this.#downListeners.delete(listener);
    };
  }

  /** Tells of every connection after the first; what was published in between is lost. Returns what ends that. */
  onReconnect(listener: () => void): () => void {
    this.#upListeners.add(listener);
    return () => {
      this.#upListeners.delete(listener);
    };
  }

  async purge(executionId: string): Promise<void> {
    const { manager, stream } = this.#parts;
    await this.#ask(() => manager.streams.purge(stream, { filter: this.#subject('in', executionId) }));
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #follow(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === 'disconnect') {
        if (this.#isUp) this.#parts.options.logger.warn({}, `the connection to ${placeOf(this.#connection)} broke`);
        this.#isUp = false;
        for (const listener of [...this.#downListeners]) listener();
      }
      if (status.type === 'reconnect') void this.#comeBack();
    }
  }

  /** A server that has lost its disk has lost the stream, too; one that has just started may not know its streams yet. */
  async #comeBack(): Promise<void> {
    const server = this.#connection.getServer();
    while (!this.#connection.isClosed() && this.#connection.getServer() === server) {
      try {
        await ensureStream(this.#parts.manager, this.#parts.stream);
        this.#isUp = true;
        for (const listener of [...this.#upListeners]) listener();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, LONGEST_PAUSE_MS / 4).unref());
      }
    }
  }

  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    this.#refuseWhenDown();
    try {
      return await question();
    } catch (error) {
      throw this.#named(error);
    }
  }

  /**
   * Refuses requests while the server is away. The client would keep them until it is back; their callers had better
   * know, and come again.
   */
  #refuseWhenDown(): void {
    if (!this.#isUp || this.#connection.isClosed()) throw this.#named(new Error('no connection'));
  }

  #named(error: unknown): unknown {
    if (error instanceof CircuitBreakerError) return error;
    const reason = error instanceof Error && error.message !== '' ? error.message : 'no connection';
    if (/max_payload/i.test(reason)) return error;
    return unavailable(placeOf(this.#connection), reason);
  }

  #subject(kind: 'in' | 'out', executionId: string): string {
    return `${this.#parts.stream}.${kind}.${subjectToken(executionId)}`;
  }
}

/** What a log needs of a connection. */
export type NatsLink = Omit<NatsConnection, 'close'>;

/**
 * Connects, and makes the stream where it is missing: the path of the URL names it, `circuit-breaker` by default.
 * Throws UNAVAILABLE naming host and port, never the password, when the server cannot be used.
 */
export async function connectNats(url: string, options: NatsOptions): Promise<NatsConnection> {
  const { host, user, pass, stream } = readNatsUrl(url);
  const credentials = user === '' ? {} : pass === '' ? { token: user } : { user, pass };
  let connection: Connection | undefined;
  try {
    connection = await connect({
      servers: host,
      ...credentials,
      timeout: TIMEOUT_MS,
      pingInterval: PING_EVERY_MS,
      maxPingOut: 2,
      maxReconnectAttempts: -1,
      reconnectDelayHandler: () => FIRST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS / 4),
    });
    refuseShortMessages(connection.info?.max_payload);
    const manager = await jetstreamManager(connection, { timeout: TIMEOUT_MS });
    await ensureStream(manager, stream);
    const client = jetstream(connection, { timeout: TIMEOUT_MS });
    return new NatsConnection(connection, { stream, manager, client, options });
  } catch (error) {
    await connection?.close();
    throw unavailable(`NATS at ${host}`, wordsOf(error));
  }
}

function placeOf(connection: Connection): string {
  return `NATS at ${connection.getServer()}`;
}

function unavailable(place: string, reason: string): CircuitBreakerError {
  const message = `${place} cannot be used (${reason}). Is it running with JetStream, and may it be reached from here?`;
  return new CircuitBreakerError('UNAVAILABLE', message);
}
