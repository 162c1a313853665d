import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import {
  PeriodicExportingMetricReader,
  type MetricProducer,
  type PushMetricExporter,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

import { MOST_SERIES } from '../telemetry/bounded-labels.js';

interface Logger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

type Answered = Parameters<PushMetricExporter['export']>[1];

/**
 * Tells a collector by OTLP over HTTP, as JSON, every so often. Where it is, its headers, certificates and timeout are read by the exporter
 * from the variables of OpenTelemetry. What it does not take is not kept: the next time has the sums of all.
 */
export function otlpReader(
  { intervalMs, timeoutMs }: { readonly intervalMs: number; readonly timeoutMs: number },
  joined: MetricProducer,
  logger: Logger,
): PeriodicExportingMetricReader {
  return new PeriodicExportingMetricReader({
    exporter: new ToldExporter(new OTLPMetricExporter(), logger),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: timeoutMs,
    metricProducers: [joined],
    cardinalityLimits: { default: MOST_SERIES },
  });
}

/** Says once that the collector takes nothing, and once that it does again. */
class ToldExporter implements PushMetricExporter {
  readonly #exporter: PushMetricExporter;
  readonly #logger: Logger;
  #isAway = false;

  constructor(exporter: PushMetricExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  export(metrics: ResourceMetrics, answered: Answered): void {
    this.#exporter.export(metrics, (result) => {
      this.#note(result.error);
      answered(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #note(error: Error | undefined): void {
    if (error !== undefined && !this.#isAway)
      this.#logger.warn({ reason: error.message }, 'the collector of OTEL_EXPORTER_OTLP_ENDPOINT takes no metrics');
    if (error === undefined && this.#isAway) this.#logger.info({}, 'the collector takes metrics again');
    this.#isAway = error !== undefined;
  }
}
