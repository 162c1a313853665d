import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { DataPointType, MetricReader, type MetricData, type MetricProducer } from '@opentelemetry/sdk-metrics';

import { MOST_SERIES } from '../telemetry/bounded-labels.js';
import { prometheusName } from '../telemetry/metric-table.js';

/** What is asked of servers for a scrape is left out where it takes longer. */
const PATIENCE_MS = 5000;

/** Gives all that is measured as text, in the format of Prometheus. */
export class ScrapeReader extends MetricReader {
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  #reading: Promise<string> | undefined;

  constructor(joined: MetricProducer) {
    super({ metricProducers: [joined], cardinalitySelector: () => MOST_SERIES });
  }

  /** Whoever asks while it is being read gets the same. */
  async text(): Promise<string> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return await this.#reading;
  }

  async #read(): Promise<string> {
    const { resourceMetrics } = await this.collect({ timeoutMillis: PATIENCE_MS });
    const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics.filter(({ dataPoints }) => dataPoints.length > 0).map(asPrometheusNames),
    }));
    // Without anything measured it ends without a line break, which the format asks for.
    return `${this.#serializer.serialize({ resource: resourceMetrics.resource, scopeMetrics }).trimEnd()}\n`;
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve();
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve();
  }
}

/** The serializer leaves out units, which a collector would put in. */
function asPrometheusNames(metric: MetricData): MetricData {
  const { descriptor } = metric;
  const isCounter = metric.dataPointType === DataPointType.SUM && metric.isMonotonic;
  const name = prometheusName(descriptor.name, descriptor.unit, isCounter ? 'counter' : 'gauge');
  // Its comment about units is none that this version of the format knows.
  return { ...metric, descriptor: { ...descriptor, name, unit: '' } };
}
