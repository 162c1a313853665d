import { ValueType, type HrTime } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type CollectionResult,
  type DataPoint,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';

import { parsePrometheusText, type MetricFamily, type Sample } from './prometheus-text.js';

/** It is on this machine and answers from memory. */
const PATIENCE_MS = 2000;
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * What the native part of Temporal's SDK measures: it serves that on a port of this machine only, where it is asked whenever our
 * own is. Where it does not answer, ours is told without it.
 */
export class TemporalMetrics implements MetricProducer {
  readonly #url: string;
  readonly #startTime: HrTime = now();

  /** `address`: `host:port` of what it serves. */
  constructor(address: string) {
    this.#url = `http://${address}/metrics`;
  }

  async collect(): Promise<CollectionResult> {
    const scope = { name: 'temporal-sdk-core' };
    try {
      const families = parsePrometheusText(await this.#text());
      const times = { startTime: this.#startTime, endTime: now() };
      const metrics = families.flatMap((family) => metricOf(family, times));
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [{ scope, metrics }] }, errors: [] };
    } catch (error) {
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics: [] }, errors: [error] };
    }
  }

  async #text(): Promise<string> {
    const response = await fetch(this.#url, { signal: AbortSignal.timeout(PATIENCE_MS), redirect: 'error' });
    const text = await response.text();
    if (!response.ok || text.length > MOST_BYTES)
      throw new Error(`Temporal's metrics are not to be had: ${response.status}`);
    return text;
  }
}

type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>;

function metricOf(family: MetricFamily, times: Times): readonly MetricData[] {
  const { name, help: description, type, samples } = family;
  if (samples.length === 0) return [];
  const unit = name.endsWith('_seconds') ? 's' : '';
  const descriptor = { name, description, unit, valueType: ValueType.DOUBLE };
  const common = { descriptor, aggregationTemporality: AggregationTemporality.CUMULATIVE };
  const points = () => samples.map(({ labels, value }) => ({ ...times, attributes: labels, value }));
  switch (type) {
    case 'counter':
      return [{ ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() }];
    case 'histogram':
      return [{ ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histograms(samples, times) }];
    default:
      return [{ ...common, dataPointType: DataPointType.GAUGE, dataPoints: points() }];
  }
}

/** One for each combination of labels but `le`; each bucket has what falls into it, and not into the one before. */
function histograms(samples: readonly Sample[], times: Times): DataPoint<Histogram>[] {
  const byLabels = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    byLabels.set(key, [...(byLabels.get(key) ?? []), sample]);
  }
  return [...byLabels].map(([key, some]) => {
    const valueOf = (ending: string) => some.find(({ name }) => name.endsWith(ending))?.value ?? 0;
    const buckets = some
      .filter(({ name }) => name.endsWith('_bucket'))
      .map(({ labels, value }) => ({ bound: Number((labels['le'] ?? '').replace('+Inf', 'Infinity')), value }))
      .toSorted((left, right) => left.bound - right.bound);
    const counts = buckets.map(({ value }, index) => value - (buckets[index - 1]?.value ?? 0));
    const boundaries = buckets.map(({ bound }) => bound).filter((bound) => bound !== Infinity);
    const value = { buckets: { boundaries, counts }, sum: valueOf('_sum'), count: valueOf('_count') };
    return { ...times, attributes: JSON.parse(key) as Record<string, string>, value };
  });
}

function now(): HrTime {
  const ms = Date.now();
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000];
}
