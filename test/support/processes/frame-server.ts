/**
 * A provider in a process of its own that answers every POST with so many frames of text, as fast as they are taken.
 * Its parent sends the wire and the number of frames, and may ask how many connections were opened.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { WIRES } from '../../providers/formats/contract/wire-under-test.js';

export interface FrameServerOrder {
  readonly wire: keyof typeof WIRES;
  readonly frames: number;
}

let order: FrameServerOrder = { wire: 'CHAT', frames: 1 };
let connections = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(JSON.stringify({ connections }));
    return;
  }
  request.resume().on('end', () => {
    answer(response);
  });
});
server.on('connection', () => {
  connections += 1;
});

function answer(response: ServerResponse): void {
  const wire = WIRES[order.wire];
  response.writeHead(200, { 'content-type': wire.contentType });
  let left = order.frames;
  const pour = (): void => {
    while (left > 0) {
      left -= 1;
      if (!response.write(wire.text('abc '))) {
        response.once('drain', pour);
        return;
      }
    }
    response.end(wire.finish('stop'));
  };
  pour();
}

server.listen(0, '127.0.0.1', () => {
  process.send?.({ root: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on('message', (message) => {
  order = message as FrameServerOrder;
  process.send?.({ taken: true });
});
process.on('disconnect', () => process.exit(0));
