import { createClient } from '@redis/client';

const CONNECT_TIMEOUT_MS = 5000;
/** A server that is frozen, or gone without a word, is noticed after so long. */
const SILENCE_MS = 5000;
const PING_EVERY_MS = 2000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

export type RedisClient = ReturnType<typeof newRedisClient>;

interface RedisClientOptions {
  /** Whether a server that is away at the start is waited for, too; otherwise `connect` says that it is. */
  readonly startsWithout?: boolean;
}

/** A connection to a Redis server, to be opened by `connect`. Survives the server's restarts. */
export function newRedisClient(url: string, { startsWithout = false }: RedisClientOptions = {}) {
  let isStarted = startsWithout;
  const client = createClient({
    url,
    // What cannot be sent now is refused: writers keep their text and come again, so nothing piles up in here.
    disableOfflineQueue: true,
    pingInterval: PING_EVERY_MS,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_MS,
      // At the start somebody waits to be told.
      reconnectStrategy: (retries, cause) =>
        isStarted ? Math.min(FIRST_PAUSE_MS * 2 ** retries, LONGEST_PAUSE_MS) : cause,
    },
  });
  client.once('ready', () => (isStarted = true));
  return client;
}
