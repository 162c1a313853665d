import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { openTelemetry } from '../../src/compose/open-telemetry.js';
import { Resources } from '../../src/compose/resources.js';
import type { ProcessParts } from '../../src/compose/run-process.js';
import type { Telemetry } from '../../src/compose/telemetry.js';
import type { TelemetrySettings } from '../../src/telemetry-settings.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { MemoryLogger } from '../support/memory-logger.js';

let logger: MemoryLogger;
let resources: Resources;
const servers: Server[] = [];

beforeEach(() => {
  logger = new MemoryLogger();
  resources = new Resources(logger as unknown as ProcessParts['logger']);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
  await resources.close();
});

async function opened(telemetry: Omit<TelemetrySettings, 'secrets'>): Promise<Telemetry> {
  const config = { telemetry: { ...telemetry, secrets: [] } };
  return await openTelemetry({ logger, resources, config } as unknown as ProcessParts);
}

async function listening(answer: (response: ServerResponse, body: string) => void): Promise<number> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      answer(response, body);
    });
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('/metrics', () => {
  const HOST = '127.0.0.1';
  let port: number;
  let scrape: (path?: string, how?: RequestInit) => Promise<Response>;

  beforeEach(async () => {
    port = await freePort();
    scrape = (path = '/metrics', how = {}) => fetch(`http://${HOST}:${port}${path}`, how);
  });

  it('has what was measured, in the format of Prometheus, and who measured it', async () => {
    const { metrics } = await opened({ scraped: { host: HOST, port, isChosen: true } });
    metrics.attemptsLost('reviewer', 3);
    const response = await scrape();
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    expect(text).toContain('circuit_breaker_attempts_lost_total{agent="reviewer"} 3\n');
    expect(text).toMatch(/^target_info\{service_name="circuit-breaker",service_version="[^"]+"/m);
  });

  it('is called as OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say', async () => {
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'deployment.environment.name=staging');
    vi.stubEnv('OTEL_SERVICE_NAME', 'reviews');
    await opened({ scraped: { host: HOST, port, isChosen: true } });
    expect(await (await scrape()).text()).toMatch(/deployment_environment_name="staging",service_name="reviews"/);
  });

  it('is there before anything was measured', async () => {
    await opened({ scraped: { host: HOST, port, isChosen: true } });
    expect((await (await scrape()).text()).endsWith('\n')).toBe(true);
  });

  it.each([
    ['another address', '/', 'GET', 404],
    ['another method', '/metrics', 'POST', 405],
    ['an address that is none', '//', 'GET', 404],
    ['only its head', '/metrics?a=b', 'HEAD', 200],
  ])('says what it has for %s', async (_what, path, method, status) => {
    await opened({ scraped: { host: HOST, port, isChosen: true } });
    expect((await scrape(path, { method })).status).toBe(status);
  });

  it('is nowhere, with a warning, where the default port is taken: the process goes on', async () => {
    const taken = await listening((response) => response.end());
    const { metrics, join } = await opened({ scraped: { host: HOST, port: taken, isChosen: false } });
    metrics.attemptsLost('reviewer', 1);
    expect(join).toBeUndefined();
    expect(logger.lines.map(({ message }) => message)).toEqual([expect.stringContaining('METRICS_PORT')]);
  });

  it.each([
    ['a chosen port is taken', 'METRICS_PORT', () => ({ host: HOST, isChosen: true })],
    ['the host is none of this machine', 'METRICS_HOST', () => ({ host: '203.0.113.7', isChosen: false })],
  ])('says so where %s', async (_what, variable, place) => {
    const taken = await listening((response) => response.end());
    await expect(opened({ scraped: { ...place(), port: taken } })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(variable) as string,
    });
  });

  it('answers who asks while the process ends, and nobody after that', async () => {
    const { metrics } = await opened({ scraped: { host: HOST, port, isChosen: true } });
    let isAsked: () => void = () => undefined;
    let read: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    metrics.observe('circuit_breaker_streams_open', async () => {
      isAsked();
      await new Promise<void>((resolve) => (read = resolve));
      return [[7, {}]];
    });
    const scraped = scrape();
    await asked;
    const closed = resources.close();
    read();
    expect(await (await scraped).text()).toContain('circuit_breaker_streams_open 7');
    await closed;
    await expect(scrape()).rejects.toThrow();
  });

  it('keeps no process from ending, whoever has a connection open and says nothing', async () => {
    await opened({ scraped: { host: HOST, port, isChosen: true } });
    const silent = connect(port, HOST);
    await once(silent, 'connect');
    silent.write('GET /metrics HTTP/1.1\r\n');
    const gone = once(silent, 'close');
    silent.on('error', () => undefined);
    await resources.close();
    await gone;
  });

  it('gives those who ask at once the same reading', async () => {
    const { metrics } = await opened({ scraped: { host: HOST, port, isChosen: true } });
    let readings = 0;
    metrics.observe('circuit_breaker_streams_open', async () => {
      readings += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return [[1, {}]];
    });
    const texts = await Promise.all(Array.from({ length: 20 }, async () => (await scrape()).text()));
    expect(texts.every((text) => text.includes('circuit_breaker_streams_open 1'))).toBe(true);
    expect(readings).toBeLessThan(20);
  });
});

describe('a collector', () => {
  const warnings = () => logger.lines.filter(({ message }) => message.includes('takes no metrics'));

  /** The SDK wants a push to be over before the next one is due. */
  async function pushing(port: number, everyMs = 50): Promise<Telemetry> {
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${port}`);
    vi.stubEnv('OTEL_EXPORTER_OTLP_TIMEOUT', String(everyMs));
    const collector = { url: `http://127.0.0.1:${port}/v1/metrics`, variable: 'OTEL_EXPORTER_OTLP_ENDPOINT' };
    const telemetry = await opened({ pushed: { collector, intervalMs: everyMs, timeoutMs: everyMs } });
    telemetry.metrics.attemptsLost('reviewer', 1);
    return telemetry;
  }

  it('is told every so often, and once more at the end', async () => {
    const bodies: string[] = [];
    const { metrics } = await pushing(
      await listening((response, body) => {
        bodies.push(body);
        response.end('{}');
      }),
      2000,
    );
    await eventually(() => {
      expect(bodies.join()).toContain('circuit_breaker_attempts_lost_total');
    });
    metrics.fireRefused('review', 'TOKEN_CLOSED');
    await resources.close();
    expect(bodies.at(-1)).toContain('circuit_breaker_refusals_total');
    expect(warnings()).toEqual([]);
  });

  it.each([
    ['refuses', (response: ServerResponse) => response.writeHead(400).end('no')],
    ['asks to come again', (response: ServerResponse) => response.writeHead(503, { 'retry-after': '60' }).end()],
    ['breaks off', (response: ServerResponse) => response.destroy()],
    ['never answers', () => undefined],
  ])('that %s is told of in the log once, and the process ends in order', async (_what, answer) => {
    let asked = 0;
    await pushing(
      await listening((response) => {
        asked += 1;
        answer(response);
      }),
    );
    await eventually(() => {
      expect(warnings()).toHaveLength(1);
      expect(asked).toBeGreaterThan(3);
    });
    await resources.close();
    expect(warnings()).toHaveLength(1);
  });

  it('that is back is told of, too', async () => {
    let isBack = false;
    await pushing(
      await listening((response) => {
        if (isBack) response.end('{}');
        else response.writeHead(500).end();
      }),
    );
    await eventually(() => {
      expect(warnings()).toHaveLength(1);
    });
    isBack = true;
    await eventually(() => {
      expect(logger.lines.some(({ message }) => message === 'the collector takes metrics again')).toBe(true);
    });
  });
});
