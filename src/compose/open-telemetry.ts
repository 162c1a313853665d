import { envDetector, detectResources, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, type IMetricReader, type MetricProducer } from '@opentelemetry/sdk-metrics';

import { Metrics } from '../telemetry/metrics.js';
import { Traces } from '../telemetry/traces.js';
import { readManifest } from './manifest.js';
import { metricsAddress, MetricsEndpoint } from './metrics-endpoint.js';
import { JoinedProducers } from './joined-producers.js';
import { openTraces } from './open-traces.js';
import { otlpReader } from './otlp-reader.js';
import type { ProcessParts } from './run-process.js';
import { ScrapeReader } from './scrape-reader.js';
import type { Telemetry } from './telemetry.js';

/** A collector that is away is not waited for any longer when the process ends. */
const LAST_WORDS_MS = 2000;

/** Begins to tell what is measured and traced; ends with the process, as one of the last. */
export async function openTelemetry(parts: ProcessParts): Promise<Telemetry> {
  const { resources, logger } = parts;
  const { scraped, pushed, traced } = parts.config.telemetry;
  const joined = new JoinedProducers();
  const readers: IMetricReader[] = [];
  let scrapedAt: string | undefined;
  if (scraped !== undefined) {
    const reader = new ScrapeReader(joined);
    const endpoint = await MetricsEndpoint.open(scraped, { read: () => reader.text(), logger });
    if (endpoint !== undefined) {
      readers.push(reader);
      scrapedAt = metricsAddress(scraped);
      resources.add('the endpoint of metrics', () => endpoint.close());
    }
  }
  if (pushed !== undefined) readers.push(otlpReader(pushed, joined, logger));
  const { version } = await readManifest();
  const own = {
    'service.name': 'circuit-breaker',
    'service.version': version,
    'service.instance.id': crypto.randomUUID(),
  };
  const resource = resourceFromAttributes(own).merge(detectResources({ detectors: [envDetector] }));
  const traces = traced === undefined ? Traces.off() : openTraces(traced, { resource, version }, parts);
  if (readers.length === 0) return { metrics: Metrics.silent(), traces };
  const provider = new MeterProvider({ resource, readers });
  resources.add('the metrics', () => provider.shutdown({ timeoutMillis: LAST_WORDS_MS }).catch(() => undefined));
  const join = (producer: MetricProducer) => {
    joined.add(producer);
  };
  const metrics = new Metrics(provider.getMeter('circuit-breaker', version));
  return { metrics, traces, join, ...(scrapedAt === undefined ? {} : { scrapedAt }) };
}
