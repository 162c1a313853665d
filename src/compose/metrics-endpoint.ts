import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

import { CircuitBreakerError } from '../core/errors.js';
import { portTaken } from '../temporal/ports.js';
import { ReadNowAndThen } from './read-now-and-then.js';

interface Place {
  readonly host: string;
  readonly port: number;
  /** The default one may be taken: then nobody asks here. */
  readonly isChosen: boolean;
}

interface EndpointParts {
  /** What is measured, in the format of Prometheus. */
  readonly read: () => Promise<string>;
  readonly logger: { warn(facts: object, message: string): void };
}

const PATH = '/metrics';
const FORMAT = 'text/plain; version=0.0.4; charset=utf-8';
/** As Prometheus, or a person, would ask. */
export function metricsAddress({ host, port }: Pick<Place, 'host' | 'port'>): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}${PATH}`;
}

/** Of a request, headers and all: it has no body. */
const REQUEST_WITHIN_MS = 5000;
const MOST_CONNECTIONS = 100;
/** Several who ask get the same, so that they cost no more than one does. */
const SHARED = { servesMs: 1000, share: 0.5 };
/** A scrape that is being answered may end; then its connection is cut. */
const LAST_ANSWERS_MS = 1000;

/** `GET /metrics`, for Prometheus. It has no lock: it is meant for this machine, or for a network of one's own. */
export class MetricsEndpoint {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Undefined, with a warning, where the default port is taken. Throws UNAVAILABLE where a chosen one is, or the host is none of ours. */
  static async open(
    { host, port, isChosen }: Place,
    { read, logger }: EndpointParts,
  ): Promise<MetricsEndpoint | undefined> {
    const shared = new ReadNowAndThen(read, SHARED);
    const answering = { read: () => shared.value(), logger };
    const server = createServer(
      { requestTimeout: REQUEST_WITHIN_MS, headersTimeout: REQUEST_WITHIN_MS },
      (request, response) => {
        void answer(request, response, answering);
      },
    );
    server.maxConnections = MOST_CONNECTIONS;
    try {
      server.listen({ host, port });
      await once(server, 'listening');
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
      if (code === 'EADDRINUSE' && !isChosen) {
        logger.warn(
          { port },
          'metrics are served nowhere: the default port is taken; METRICS_PORT chooses another one, 0 none',
        );
        return undefined;
      }
      const message =
        code === 'EADDRINUSE'
          ? portTaken(port, 'METRICS_PORT')
          : `Metrics cannot be served at ${host}, port ${port} (${code}): set METRICS_HOST and METRICS_PORT to an address of this machine.`;
      throw new CircuitBreakerError('UNAVAILABLE', message);
    }
    return new MetricsEndpoint(server);
  }

  /** Where it listens. */
  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Scrapes that are under way are answered. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    this.#server.closeIdleConnections();
    await Promise.race([closed, delay(LAST_ANSWERS_MS, undefined, { ref: false })]);
    this.#server.closeAllConnections();
    await closed;
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { read, logger }: EndpointParts,
): Promise<void> {
  request.resume();
  const path = request.url?.split('?')[0];
  if (path !== PATH) {
    end(response, 404, `There is nothing at this address: metrics are at ${PATH}.\n`);
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    end(response, 405, 'Metrics can be read only.\n');
    return;
  }
  try {
    end(response, 200, await read());
  } catch (error) {
    logger.warn({ err: error }, 'metrics could not be read');
    end(response, 503, 'The metrics cannot be read now: the log says why.\n');
  }
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': FORMAT, 'cache-control': 'no-store', connection: 'close' }).end(text);
}
