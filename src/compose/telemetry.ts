import type { MetricProducer } from '@opentelemetry/sdk-metrics';

import { Metrics } from '../telemetry/metrics.js';
import { Traces } from '../telemetry/traces.js';

/** What a process measures and traces, and whom it tells. */
export interface Telemetry {
  readonly metrics: Metrics;
  readonly traces: Traces;
  /** The address at which Prometheus may ask; absent: nowhere. */
  readonly scrapedAt?: string;
  /** Has what somebody else measures told with the rest; absent: nobody is told anything. */
  readonly join?: (producer: MetricProducer) => void;
}

export const SILENT: Telemetry = { metrics: Metrics.silent(), traces: Traces.off() };
