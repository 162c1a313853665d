import { once } from 'node:events';

import { WebSocketServer, type WebSocket } from 'ws';

import { clock, type Scene } from './orders.js';
import { settledUsage, usage } from './usage.js';
import { serveOrders } from './orders-channel.js';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
const sockets: WebSocket[] = [];
server.on('connection', (socket) => sockets.push(socket));
await once(server, 'listening');

/** What one would write first: every socket gets every event of its execution, as JSON that is made once. */
function broadcast({ executions, viewersEach, chunksPerSecond }: Scene): void {
  const periodMs = 1000 / chunksPerSecond;
  const startedAt = performance.now();
  let written = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / periodMs) * executions);
    for (; written < due; written += 1) {
      const execution = written % executions;
      const json = JSON.stringify(event(`bench-${execution}`, Math.floor(written / executions)));
      for (let viewer = 0; viewer < viewersEach; viewer += 1) sockets[execution * viewersEach + viewer]?.send(json);
    }
  }, 1);
}

function event(executionId: string, sequence: number): object {
  const content = `@${clock().toFixed(1)} `;
  const timestamp = new Date().toISOString();
  return { executionId, sequence, turn: 1, attempt: 1, eventType: 'content_chunk', content, timestamp };
}

serveOrders({
  serve: () => `http://127.0.0.1:${(server.address() as { port: number }).port}`,
  broadcast,
  usage,
  settledUsage,
});
