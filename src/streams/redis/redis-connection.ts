import type { RedisClient } from '../../backends/redis/redis-client.js';
import {
  RedisCommands,
  redisError,
  watchedRedisClient,
  type RedisOptions,
} from '../../backends/redis/redis-commands.js';
import type { RedisScript } from '../../backends/redis/redis-script.js';
import { CircuitBreakerError } from '../../core/errors.js';
import { parsedUrl } from '../../core/parsed-url.js';

/** Two connections to a Redis server, one of which listens. Survives the server's restarts. */
export class RedisConnection {
  readonly #url: string;
  readonly subscriber: RedisClient;
  readonly #commands: RedisCommands;

  constructor(url: string, options: RedisOptions) {
    this.#url = url;
    this.#commands = new RedisCommands(url, options);
    this.subscriber = watchedRedisClient(url, options);
  }

  async connect(): Promise<void> {
    try {
      await Promise.all([this.#commands.connect(), this.subscriber.connect()]);
    } catch (error) {
      this.close();
      throw error instanceof CircuitBreakerError ? error : redisError(error, this.#url);
    }
  }

  /** Throws UNAVAILABLE when the server cannot be reached or takes nothing now. */
  run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    return this.#commands.run(script, keys, args);
  }

  async remove(keys: readonly string[]): Promise<void> {
    await this.#commands.ask((client) => client.unlink([...keys]));
  }

  /** Tells of every connection that listens. Returns what ends that. */
  onSubscriberReady(listener: () => void): () => void {
    this.subscriber.on('ready', listener);
    return () => {
      this.subscriber.off('ready', listener);
    };
  }

  close(): void {
    this.#commands.close();
    this.subscriber.destroy();
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
