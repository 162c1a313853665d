/**
 * The process behind startAimock: aimock on a random port, until its parent goes away.
 * To aimock's own control API it adds `GET /__test/cancelled`, the requests whose client left before the end, and
 * `GET /__test/bodies`, what was sent byte for byte: aimock's journal has every request in OpenAI's words.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { createServer, type Fixture, type Mountable } from '@copilotkit/aimock';
import type { AimockSettings } from '../aimock-process.js';

const CANCELLED_PATH = '/__test/cancelled';
const BODIES_PATH = '/__test/bodies';

async function serve(settings: AimockSettings): Promise<void> {
  const cancelled: { readonly path: string }[] = [];
  const bodies: string[] = [];
  const fixtures = await loadFixtures(settings);
  const { server, url } = await createServer(
    fixtures,
    { port: 0, latency: settings.latencyMs ?? 0, chunkSize: settings.chunkSize ?? 5, journalMaxEntries: 0 },
    [
      { path: CANCELLED_PATH, handler: listing(() => cancelled) },
      { path: BODIES_PATH, handler: listing(() => bodies.map((body): unknown => JSON.parse(body))) },
    ],
  );
  server.prependListener('request', (request) => {
    if (request.method === 'POST' && request.url?.startsWith('/__') !== true) keepBody(request, bodies);
  });
  server.on('request', (request, response) => {
    response.on('close', () => {
      if (!response.writableFinished) cancelled.push({ path: request.url ?? '' });
    });
  });
  process.send?.({ url });
}

function listing(list: () => readonly unknown[]): Mountable {
  return {
    handleRequest: (_request: IncomingMessage, response: ServerResponse) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(list()));
      return Promise.resolve(true);
    },
  };
}

/** As the parser hands the body over: aimock reads it later, and a listener of ours would take it away. */
function keepBody(request: IncomingMessage, bodies: string[]): void {
  const chunks: Buffer[] = [];
  const push = request.push.bind(request);
  request.push = (chunk: Buffer | null, encoding) => {
    if (chunk === null) bodies.push(Buffer.concat(chunks).toString('utf8'));
    else chunks.push(chunk);
    return push(chunk, encoding);
  };
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
