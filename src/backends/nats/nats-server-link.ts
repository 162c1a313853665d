import {
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';

import { CircuitBreakerError, wordsOf } from '../../core/errors.js';
import { ServerWatch } from '../server-watch.js';
import type { NatsAddress } from './nats-url.js';

export interface NatsOptions {
  readonly logger: { warn(facts: object, message: string): void };
}

const NATS_TIMEOUT_MS = 5000;
/** A server that is frozen, or gone without a word, is noticed after two of these. */
const PING_EVERY_MS = 2000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** One connection to a NATS server with JetStream. Survives the server's restarts. */
export class NatsServerLink {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  readonly client: JetStreamClient;
  readonly #prepare: (manager: JetStreamManager) => Promise<void>;
  readonly #watch: ServerWatch;
  #isUp = true;
  readonly #upListeners = new Set<() => void>();
  readonly #downListeners = new Set<() => void>();

  constructor(
    connection: NatsConnection,
    manager: JetStreamManager,
    {
      prepare,
      logger,
    }: NatsOptions & {
      /** Makes what has to be there: asked again after every loss of the connection. */
      readonly prepare: (manager: JetStreamManager) => Promise<void>;
    },
  ) {
    this.connection = connection;
    this.manager = manager;
    this.client = jetstream(connection, { timeout: NATS_TIMEOUT_MS });
    this.#prepare = prepare;
    this.#watch = new ServerWatch({ place: placeOf(connection), logger });
    void this.#follow();
  }

  /** Throws UNAVAILABLE when the server cannot be reached or takes nothing now. */
  async ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    return await this.#watch.over(this.#ask(question));
  }

  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer> {
    // The client would keep requests until the server is back; their callers had better know, and come again.
    if (!this.#isUp || this.connection.isClosed()) throw this.#named(new Error('no connection'));
    try {
      return await question();
    } catch (error) {
      throw this.#named(error);
    }
  }

  /**
   * Publishes behind the message that is the subject's last, 0 for none. Gives the sequence of the new one, undefined when another is
   * the last. Throws as `ask` does.
   */
  async publishAfter(sequence: number, subject: string, data: Uint8Array): Promise<number | undefined> {
    const options = { expect: { lastSubjectSequence: sequence }, timeout: NATS_TIMEOUT_MS };
    return await this.ask(async () => {
      try {
        return (await this.client.publish(subject, data, options)).seq;
      } catch (error) {
        const isOther = error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence;
        if (isOther) return undefined;
        throw error;
      }
    });
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

  async close(): Promise<void> {
    this.#watch.end();
    await this.connection.close();
  }

  async #follow(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') {
        this.#watch.failed(this.#named(new Error('the connection broke')));
        this.#isUp = false;
        for (const listener of [...this.#downListeners]) listener();
      }
      if (status.type === 'reconnect') void this.#comeBack();
    }
  }

  /** A server that has lost its disk has lost its streams, too; one that has just started may not know them yet. */
  async #comeBack(): Promise<void> {
    const server = this.connection.getServer();
    while (!this.connection.isClosed() && this.connection.getServer() === server) {
      try {
        await this.#prepare(this.manager);
        this.#isUp = true;
        for (const listener of [...this.#upListeners]) listener();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, LONGEST_PAUSE_MS / 4).unref());
      }
    }
  }

  #named(error: unknown): unknown {
    if (error instanceof CircuitBreakerError) return error;
    const reason = error instanceof Error && error.message !== '' ? error.message : 'no connection';
    if (/max_payload/i.test(reason)) return error;
    if (error instanceof JetStreamApiError) {
      const message = `${placeOf(this.connection)} takes nothing now (${reason}). See its disk and the limits of its streams.`;
      return new CircuitBreakerError('UNAVAILABLE', message);
    }
    return unavailable(placeOf(this.connection), reason);
  }
}

interface LinkNeeds extends NatsOptions {
  /** Throws for a server that is not what is needed. */
  readonly judge?: (connection: NatsConnection) => void;
  readonly prepare: (manager: JetStreamManager) => Promise<void>;
}

/**
 * Connects, and prepares what has to be there. Throws UNAVAILABLE naming host and port, never the password, when the server cannot
 * be used; what `prepare` throws with a code of its own is thrown as it is.
 */
export async function linkNats(
  { host, user, pass, isSecure }: NatsAddress,
  { judge, ...needs }: LinkNeeds,
): Promise<NatsServerLink> {
  const credentials = user === '' ? {} : pass === '' ? { token: user } : { user, pass };
  let connection: NatsConnection | undefined;
  try {
    connection = await connect({
      servers: host,
      ...credentials,
      ...(isSecure ? { tls: {} } : {}),
      timeout: NATS_TIMEOUT_MS,
      pingInterval: PING_EVERY_MS,
      maxPingOut: 2,
      maxReconnectAttempts: -1,
      reconnectDelayHandler: () => FIRST_PAUSE_MS + Math.random() * (LONGEST_PAUSE_MS / 4),
    });
    judge?.(connection);
    const manager = await jetstreamManager(connection, { timeout: NATS_TIMEOUT_MS });
    await needs.prepare(manager);
    return new NatsServerLink(connection, manager, needs);
  } catch (error) {
    await connection?.close();
    throw error instanceof CircuitBreakerError ? error : unavailable(`NATS at ${host}`, wordsOf(error));
  }
}

/** In words, without user and password. */
function placeOf(connection: NatsConnection): string {
  return `NATS at ${connection.getServer()}`;
}

function unavailable(place: string, reason: string): CircuitBreakerError {
  const message = `${place} cannot be used (${reason}). Is it running with JetStream, and may it be reached from here?`;
  return new CircuitBreakerError('UNAVAILABLE', message);
}
