/** The process of the local proxy: `proxy-process.ts {"port": 4000, "upstreams": ["127.0.0.1:20001"]}`. */
import { parseArgs } from 'node:util';

import { z } from 'zod';

import { createProxy } from './proxy.js';

const SETTINGS = z.object({ port: z.number(), upstreams: z.array(z.string()) });
const { positionals } = parseArgs({ allowPositionals: true });
const { port, upstreams } = SETTINGS.parse(JSON.parse(positionals[0] ?? '{}'));
const server = createProxy(upstreams).listen(port, '127.0.0.1', () => {
  console.log(`in front of ${upstreams.join(' and ')} at http://127.0.0.1:${port}`);
});
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    server.closeAllConnections();
    process.exit(0);
  });
}
