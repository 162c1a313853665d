import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, it } from 'vitest';

import { JoinedProducers } from '../../src/compose/joined-producers.js';
import { parsePrometheusText } from '../../src/compose/prometheus-text.js';
import { ScrapeReader } from '../../src/compose/scrape-reader.js';
import { TemporalMetrics } from '../../src/compose/temporal-metrics.js';

/** As Temporal's native part writes it. */
const SERVED = `# HELP temporal_request_latency_seconds Histogram of client request latencies
# TYPE temporal_request_latency_seconds histogram
temporal_request_latency_seconds_bucket{operation="Poll",le="0.05"} 1
temporal_request_latency_seconds_bucket{operation="Poll",le="0.5"} 3
temporal_request_latency_seconds_bucket{operation="Poll",le="+Inf"} 4
temporal_request_latency_seconds_sum{operation="Poll"} 7.5
temporal_request_latency_seconds_count{operation="Poll"} 4
# HELP temporal_request_total Count of client requests
# TYPE temporal_request_total counter
temporal_request_total{namespace="a\\"b",operation="Poll"} 4
# HELP temporal_num_pollers Number of pollers
# TYPE temporal_num_pollers gauge
temporal_num_pollers{} 2
`;

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

async function readingFrom(served: string | undefined): Promise<string> {
  server = createServer((_request, response) => {
    if (served === undefined) response.destroy();
    else response.end(served);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const joined = new JoinedProducers();
  joined.add(new TemporalMetrics(`127.0.0.1:${(server.address() as AddressInfo).port}`));
  const reader = new ScrapeReader(joined);
  new MeterProvider({ readers: [reader] });
  return await reader.text();
}

describe('what the native part of Temporal serves', () => {
  it('is told with ours as it was served', async () => {
    const samplesOf = (text: string) => parsePrometheusText(text).flatMap(({ samples }) => samples);
    const told = samplesOf(await readingFrom(SERVED)).filter(({ name }) => name !== 'target_info');
    expect(told).toHaveLength(7);
    expect(told).toEqual(expect.arrayContaining([...samplesOf(SERVED)]));
  });

  it('keeps its types', async () => {
    const types = parsePrometheusText(await readingFrom(SERVED)).map(({ name, type }) => [name, type]);
    expect(types).toEqual([
      ['target_info', 'gauge'],
      ['temporal_request_latency_seconds', 'histogram'],
      ['temporal_request_total', 'counter'],
      ['temporal_num_pollers', 'gauge'],
    ]);
  });

  it.each([
    ['is away', undefined],
    ['is none of the format', 'what\n{}}{ 5\n\u0000 "'],
    ['is nothing', ''],
  ])('is left out where it %s', async (_what, served) => {
    const families = parsePrometheusText(await readingFrom(served));
    expect(families.filter(({ name }) => name.startsWith('temporal'))).toEqual([]);
  });
});
