import { MeterProvider } from '@opentelemetry/sdk-metrics';

import { parsePrometheusText, type Sample } from '../../src/compose/prometheus-text.js';
import { JoinedProducers } from '../../src/compose/joined-producers.js';
import { ScrapeReader } from '../../src/compose/scrape-reader.js';
import { Metrics } from '../../src/telemetry/metrics.js';

/** For what measures and is not looked at. */
export const unmeasured = Metrics.silent();

export interface Measured {
  readonly metrics: Metrics;
  /** Every number, as a scrape gives it. */
  readonly samples: () => Promise<readonly Sample[]>;
  /** That of a name and some labels, as `name{label="value"}`; undefined where there is none. */
  readonly valueOf: (name: string, labels?: Readonly<Record<string, string>>) => Promise<number | undefined>;
}

/** Metrics that are read as Prometheus reads them. */
export function measured(): Measured {
  const reader = new ScrapeReader(new JoinedProducers());
  const metrics = new Metrics(new MeterProvider({ readers: [reader] }).getMeter('test'));
  const samples = async () => parsePrometheusText(await reader.text()).flatMap((family) => family.samples);
  return {
    metrics,
    samples,
    valueOf: async (name, labels = {}) => (await samples()).find((sample) => isOf(sample, name, labels))?.value,
  };
}

/** Whether a number is of a name, and has labels, maybe among others. */
export function isOf(sample: Sample, name: string, labels: Readonly<Record<string, string>> = {}): boolean {
  return sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
}
