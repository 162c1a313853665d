import type { MetricProducer } from '@opentelemetry/sdk-metrics';

import { Metrics } from '../telemetry/metrics.js';

/** What a process measures, and whom it tells. */
export interface Telemetry {
  readonly metrics: Metrics;
  /** Has what somebody else measures told with the rest; absent: nobody is told anything. */
  readonly join?: (producer: MetricProducer) => void;
}

export const SILENT: Telemetry = { metrics: Metrics.silent() };
