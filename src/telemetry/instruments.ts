import type { Attributes, Counter, Histogram, Meter, ObservableCounter, ObservableGauge } from '@opentelemetry/api';

import { countedWorkflow } from '../core/definitions/inline-workflow.js';
import { BoundedLabels } from './bounded-labels.js';
import {
  METRICS,
  OPEN_LABELS,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  type MetricName,
  type MetricRow,
} from './metric-table.js';

/** What an observed metric is at the moment: a value for each combination of its labels. */
export type Readings<Name extends MetricName> = readonly (readonly [value: number, labels: LabelsOf<Name>])[];

/** The instruments of the table, over a meter of OpenTelemetry. Labels of users are bounded here, whoever measures. */
export class Instruments {
  readonly #meter: Meter;
  readonly #bounds = new BoundedLabels();
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  add<Name extends CounterName>(name: Name, labels: LabelsOf<Name>, value = 1): void {
    const counter = this.#counters.get(name) ?? this.#meter.createCounter(name, optionsOf(name));
    this.#counters.set(name, counter);
    counter.add(value, this.#attributes(name, labels));
  }

  record<Name extends HistogramName>(name: Name, value: number, labels: LabelsOf<Name>): void {
    const histogram = this.#histograms.get(name) ?? this.#meter.createHistogram(name, optionsOf(name));
    this.#histograms.set(name, histogram);
    histogram.record(value, this.#attributes(name, labels));
  }

  /** Has a metric read whenever it is asked for. What cannot be read then is left out. Returns what ends that. */
  observe<Name extends CounterName | GaugeName>(
    name: Name,
    read: () => Readings<Name> | Promise<Readings<Name>>,
  ): () => void {
    const options = optionsOf(name);
    const observable: ObservableCounter | ObservableGauge =
      METRICS[name].kind === 'gauge'
        ? this.#meter.createObservableGauge(name, options)
        : this.#meter.createObservableCounter(name, options);
    const callback: Parameters<ObservableGauge['addCallback']>[0] = async (result) => {
      for (const [value, labels] of summed(await read(), (given) => this.#attributes(name, given))) {
        result.observe(value, labels);
      }
    };
    observable.addCallback(callback);
    return () => {
      observable.removeCallback(callback);
    };
  }

  #attributes<Name extends MetricName>(name: Name, labels: LabelsOf<Name>): Attributes {
    return this.#bounds.bounded(withoutInlineNames(labels), OPEN_OF.get(name) ?? []);
  }
}

const OPEN_OF = new Map(
  Object.entries<MetricRow>(METRICS).map(([name, { labels }]) => [name, labels.filter((one) => OPEN_LABELS.has(one))]),
);

function withoutInlineNames<Labels extends { readonly workflow?: string }>(labels: Labels): Labels {
  return labels.workflow === undefined ? labels : { ...labels, workflow: countedWorkflow(labels.workflow) };
}

function optionsOf(name: MetricName) {
  const { help: description, unit, buckets }: MetricRow = METRICS[name];
  return {
    description,
    ...(unit === undefined ? {} : { unit }),
    ...(buckets === undefined ? {} : { advice: { explicitBucketBoundaries: [...buckets] } }),
  };
}

/** Those that became `other` are one: of several observations with the same labels the last would stand. */
function summed<Labels>(
  readings: readonly (readonly [number, Labels])[],
  attributesOf: (labels: Labels) => Attributes,
): readonly (readonly [number, Attributes])[] {
  const sums = new Map<string, readonly [number, Attributes]>();
  for (const [value, labels] of readings) {
    const attributes = attributesOf(labels);
    const key = JSON.stringify(attributes);
    sums.set(key, [value + (sums.get(key)?.[0] ?? 0), attributes]);
  }
  return [...sums.values()];
}
