import { ErrorReply } from '@redis/client';

import { CircuitBreakerError } from '../../core/errors.js';
import { ServerWatch } from '../server-watch.js';
import { newRedisClient, type RedisClient } from './redis-client.js';
import { placeOfRedis } from './redis-place.js';
import type { RedisScript } from './redis-script.js';

export interface RedisOptions {
  readonly logger: { warn(facts: object, message: string): void };
}

/** What a server answers that is starting, full, or not the one that may be written to. */
const AWAY =
  /^(?:LOADING|OOM|READONLY|MASTERDOWN|MISCONF|NOREPLICAS|BUSY|CLUSTERDOWN|TRYAGAIN|NOAUTH|WRONGPASS|ERR max)/;

/** One connection to a Redis server. Survives the server's restarts. */
export class RedisCommands {
  readonly #url: string;
  readonly #client: RedisClient;
  readonly #watch: ServerWatch;

  constructor(url: string, options: RedisOptions) {
    this.#url = url;
    this.#client = watchedRedisClient(url, options);
    this.#watch = new ServerWatch({ place: placeOfRedis(url), ...options });
  }

  /** Throws UNAVAILABLE naming host and port, never the password, when the server cannot be reached. */
  async connect(): Promise<void> {
    await this.ask((client) => client.connect());
  }

  /** Throws UNAVAILABLE when the server cannot be reached or takes nothing now. */
  async ask<Answer>(question: (client: RedisClient) => Promise<Answer>): Promise<Answer> {
    return await this.#watch.over(this.#ask(question));
  }

  async #ask<Answer>(question: (client: RedisClient) => Promise<Answer>): Promise<Answer> {
    try {
      return await question(this.#client);
    } catch (error) {
      throw redisError(error, this.#url);
    }
  }

  /** The same for a script, which the server is told where it does not know it. */
  async run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const options = { keys: [...keys], arguments: [...args] };
    return await this.ask((client) =>
      client.evalSha(script.sha1, options).catch(async (error: unknown) => {
        if (!isReply(error, 'NOSCRIPT')) throw error;
        return await client.eval(script.text, options);
      }),
    );
  }

  close(): void {
    this.#watch.end();
    this.#client.destroy();
  }
}

/** A connection, to be opened by `connect`, that says once when it breaks, also while nobody asks anything of it: not for each try. */
export function watchedRedisClient(url: string, { logger }: RedisOptions): RedisClient {
  const client = newRedisClient(url);
  // Without a listener the process would end.
  let isUp = false;
  client
    .on('ready', () => (isUp = true))
    .on('error', (error: Error) => {
      if (isUp) logger.warn({ err: redisError(error, url) }, 'a connection broke, and is made again');
      isUp = false;
    });
  return client;
}

/** What is thrown for a failure of the driver: UNAVAILABLE where it may help to come again. */
export function redisError(error: unknown, url: string): unknown {
  if (error instanceof ErrorReply) {
    if (!AWAY.test(error.message)) return new Error(`${placeOfRedis(url)} refused a command: ${error.message}`);
    const [code = ''] = error.message.split(' ');
    const message = `${placeOfRedis(url)} answers ${code} (${error.message}). See its memory, its disk and its settings.`;
    return new CircuitBreakerError('UNAVAILABLE', message);
  }
  const reason = error instanceof Error && error.message !== '' ? error.message : 'no connection';
  return new CircuitBreakerError(
    'UNAVAILABLE',
    `${placeOfRedis(url)} cannot be used (${reason}). Is it running, and may it be reached from here?`,
  );
}

function isReply(error: unknown, code: string): boolean {
  return error instanceof ErrorReply && error.message.startsWith(code);
}
