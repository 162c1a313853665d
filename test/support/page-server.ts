import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const PAGES = fileURLToPath(new URL('../e2e/pages/index.ts', import.meta.url));

/** An address of its own that serves the pages of the tests; another port is another origin to a browser. */
export interface PageServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/** The pages as one script, as a bundler makes it for a browser. */
export async function bundlePages(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [PAGES],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'chrome120',
    define: { 'process.env.NODE_ENV': '"development"' },
  });
  return outputFiles[0]?.text ?? '';
}

export async function startPageServer(script: string): Promise<PageServer> {
  const server = createServer((request, response) => {
    if (request.url === '/page.js') response.setHeader('content-type', 'text/javascript; charset=utf-8').end(script);
    else {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end('<!doctype html><title>page</title><body><script src="/page.js"></script>');
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
