import { ErrorReply } from '@redis/client';

import { newRedisClient, type RedisClient } from '../../backends/redis/redis-client.js';
import { placeOfRedis } from '../../backends/redis/redis-place.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { parsedUrl } from '../../core/parsed-url.js';
import type { RedisScript } from './redis-scripts.js';

interface RedisOptions {
  readonly logger: { warn(facts: object, message: string): void };
}

/** What a server answers that is starting, full, or not the one that may be written to. */
const AWAY =
  /^(?:LOADING|OOM|READONLY|MASTERDOWN|MISCONF|NOREPLICAS|BUSY|CLUSTERDOWN|TRYAGAIN|NOAUTH|WRONGPASS|ERR max)/;

/** Two connections to a Redis server, one of which listens. Survives the server's restarts. */
export class RedisConnection {
  readonly #url: string;
  readonly #options: RedisOptions;
  readonly subscriber: RedisClient;
  readonly #commands: RedisClient;

  constructor(url: string, options: RedisOptions) {
    this.#url = url;
    this.#options = options;
    this.#commands = this.#client();
    this.subscriber = this.#client();
  }

  async connect(): Promise<void> {
    try {
      await Promise.all([this.#commands.connect(), this.subscriber.connect()]);
    } catch (error) {
      this.close();
      throw this.#named(error);
    }
  }

  /** Throws UNAVAILABLE when the server cannot be reached or takes nothing now. */
  async run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const options = { keys: [...keys], arguments: [...args] };
    try {
      return await this.#commands.evalSha(script.sha1, options).catch(async (error: unknown) => {
        if (!isReply(error, 'NOSCRIPT')) throw error;
        return await this.#commands.eval(script.text, options);
      });
    } catch (error) {
      throw this.#named(error);
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    try {
      await this.#commands.unlink([...keys]);
    } catch (error) {
      throw this.#named(error);
    }
  }

  /** Tells of every connection that listens. Returns what ends that. */
  onSubscriberReady(listener: () => void): () => void {
    this.subscriber.on('ready', listener);
    return () => {
      this.subscriber.off('ready', listener);
    };
  }

  close(): void {
    this.#commands.destroy();
    this.subscriber.destroy();
  }

  #client(): RedisClient {
    const client = newRedisClient(this.#url);
    // Without a listener the process would end. One line for each time that a connection is lost, not for each try.
    let isUp = false;
    client
      .on('ready', () => (isUp = true))
      .on('error', (error: Error) => {
        if (isUp)
          this.#options.logger.warn({ err: error.message }, `the connection to ${placeOfRedis(this.#url)} broke`);
        isUp = false;
      });
    return client;
  }

  #named(error: unknown): unknown {
    if (error instanceof ErrorReply && !AWAY.test(error.message)) {
      return new Error(`${placeOfRedis(this.#url)} refused a command: ${error.message}`);
    }
    const reason = error instanceof Error && error.message !== '' ? error.message : 'no connection';
    return new CircuitBreakerError(
      'UNAVAILABLE',
      `${placeOfRedis(this.#url)} cannot be used (${reason}). Is it running, and may it be reached from here?`,
    );
  }
}

/** Throws UNAVAILABLE naming host and port, never the password, when the server cannot be reached. */
export async function connectRedis(url: string, options: RedisOptions): Promise<RedisConnection> {
  if (parsedUrl(url) === undefined) {
    throw new CircuitBreakerError(
      'VALIDATION_FAILED',
      'STREAM_URL is not a valid address: use redis://user:password@host:port/database.',
    );
  }
  const connection = new RedisConnection(url, options);
  await connection.connect();
  return connection;
}

function isReply(error: unknown, code: string): boolean {
  return error instanceof ErrorReply && error.message.startsWith(code);
}
