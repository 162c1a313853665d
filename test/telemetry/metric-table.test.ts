import { describe, expect, it } from 'vitest';

import { METRICS, prometheusName, type MetricRow } from '../../src/telemetry/metric-table.js';

const ROWS = Object.entries<MetricRow>(METRICS);

describe('the table of metrics', () => {
  it('has names that Prometheus takes as they are, or as OpenTelemetry translates them, none twice', () => {
    const names = ROWS.map(([name, { unit, kind }]) => prometheusName(name, unit, kind));
    expect(names.filter((name) => !/^(?:circuit_breaker|gen_ai)_[a-z_]+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(ROWS)('names a kind and a unit as Prometheus asks for: %s', (name, { kind, unit }) => {
    const told = prometheusName(name, unit, kind);
    expect(told.endsWith('_total')).toBe(kind === 'counter');
    if (unit === 's') expect(told).toMatch(/_seconds$/);
    // What is ours is called the same on either way.
    if (name.startsWith('circuit_breaker_')) expect(told).toBe(name);
  });

  it.each(ROWS)('has rising bounds of buckets for histograms, and for nothing else: %s', (_name, { kind, buckets }) => {
    expect(buckets === undefined).toBe(kind !== 'histogram');
    expect([...(buckets ?? [])]).toEqual((buckets ?? []).toSorted((left, right) => left - right));
  });
});

it('names of the conventions get the units that a collector would give them', () => {
  expect(prometheusName('gen_ai.client.inference.duration', 's', 'histogram')).toBe(
    'gen_ai_client_inference_duration_seconds',
  );
  expect(prometheusName('gen_ai.client.inference.usage.input_tokens', '{token}', 'counter')).toBe(
    'gen_ai_client_inference_usage_input_tokens_total',
  );
});
