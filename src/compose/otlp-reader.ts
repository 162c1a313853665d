import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { PeriodicExportingMetricReader, type MetricProducer } from '@opentelemetry/sdk-metrics';

import { MOST_SERIES } from '../telemetry/bounded-labels.js';
import type { TelemetrySettings } from '../telemetry-settings.js';
import { ToldExporter } from './told-exporter.js';

type Logger = ConstructorParameters<typeof ToldExporter>[2];

/**
 * Tells a collector by OTLP over HTTP, as JSON, every so often. Where it is, its headers, certificates and timeout are read by the exporter
 * from the variables of OpenTelemetry. What it does not take is not kept: the next time has the sums of all.
 */
export function otlpReader(
  { collector, intervalMs, timeoutMs }: NonNullable<TelemetrySettings['pushed']>,
  joined: MetricProducer,
  logger: Logger,
): PeriodicExportingMetricReader {
  return new PeriodicExportingMetricReader({
    exporter: new ToldExporter(new OTLPMetricExporter(), { what: 'metrics', variable: collector.variable }, logger),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: timeoutMs,
    metricProducers: [joined],
    cardinalityLimits: { default: MOST_SERIES },
  });
}
