/**
 * The process behind startAimock: aimock on a random port, until its parent goes away.
 * Over aimock's own control API it adds `GET /__test/cancelled`: the requests whose client left before the end.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { createServer, type Fixture, type Mountable } from '@copilotkit/aimock';
import type { AimockSettings } from '../aimock-process.js';

const CANCELLED_PATH = '/__test/cancelled';

async function serve(settings: AimockSettings): Promise<void> {
  const cancelled: { readonly path: string }[] = [];
  const mount: Mountable = {
    handleRequest: (_request: IncomingMessage, response: ServerResponse) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(cancelled));
      return Promise.resolve(true);
    },
  };
  const fixtures = await loadFixtures(settings);
  const { server, url } = await createServer(
    fixtures,
    { port: 0, latency: settings.latencyMs ?? 0, chunkSize: settings.chunkSize ?? 5, journalMaxEntries: 0 },
    [{ path: CANCELLED_PATH, handler: mount }],
  );
  server.on('request', (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) cancelled.push({ path: request.url ?? '' });
    });
  });
  process.send?.({ url });
}

async function loadFixtures(settings: AimockSettings): Promise<Fixture[]> {
  if (settings.modulePath === undefined) return [];
  const loaded: unknown = await import(pathToFileURL(settings.modulePath).href);
  if (typeof loaded !== 'object' || loaded === null || !('fixtures' in loaded) || !Array.isArray(loaded.fixtures)) {
    throw new Error(`${settings.modulePath} exports no \`fixtures\``);
  }
  return loaded.fixtures as Fixture[];
}

process.on('disconnect', () => process.exit(0));
process.once('message', (settings) => {
  void serve(settings as AimockSettings);
});
