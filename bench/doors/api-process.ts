import type { AddressInfo, Socket } from 'node:net';

import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';

import type { ApiParts } from '../../src/api/api-parts.js';
import { OpenStreams } from '../../src/api/connections/open-streams.js';
import { Doorkeeper } from '../../src/api/access/doorkeeper.js';
import { Stays } from '../../src/api/access/stays.js';
import { StreamTickets } from '../../src/api/access/stream-tickets.js';
import { OriginPolicy } from '../../src/api/access/origin-policy.js';
import { createServer } from '../../src/api/server.js';
import { TokenFeed } from '../../src/api/token-events/token-feed.js';
import { openStorage } from '../../src/storage/open-storage.js';
import { openStreamLog } from '../../src/streams/open-stream-log.js';
import { StreamReader } from '../../src/streams/reading/reader.js';
import { settledUsage, usage } from './usage.js';
import { serveOrders } from './orders-channel.js';

let mostWaiting = 0;

/** The API over a log that another process writes. Nothing here asks Temporal. */
async function serve(streamUrl: string): Promise<string> {
  const logger = pino({ level: 'warn' });
  const { storage } = await openStorage('memory:', { logger });
  const reader = new StreamReader({
    log: await openStreamLog(streamUrl, { logger }),
    lookup: { find: () => Promise.resolve(undefined), finish: () => Promise.resolve() },
    bufferSize: 1000,
    logger,
  });
  const tickets = new StreamTickets({ secrets: [], lifeSeconds: 60 });
  const doorkeeper = new Doorkeeper({ checks: [], tickets });
  const parts = {
    storage,
    reader,
    feed: new TokenFeed({ tokens: storage.tokens, logger }),
    origins: new OriginPolicy([]),
    doorkeeper,
    stays: new Stays(doorkeeper),
    servesIde: false,
    openStreams: new OpenStreams(),
    facts: { guides: [] },
    now: () => new Date().toISOString(),
  } as unknown as ApiParts;
  const app = await createServer(parts, logger);
  watchWaiting(app);
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

/** Bytes that wait for the connection that takes least, looked at every 50 ms. */
function watchWaiting(app: FastifyInstance): void {
  const open = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  setInterval(() => {
    mostWaiting = Math.max(mostWaiting, ...[...open].map((socket) => socket.writableLength));
  }, 50);
}

serveOrders({ serve, usage, settledUsage, mostWaiting: () => mostWaiting });
