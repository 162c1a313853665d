import { METRICS, prometheusName, type MetricRow } from '../../src/telemetry/metric-table.js';

/** The table of metrics in the guide, as it has to be. */
export function metricsTable(): string {
  const rows = Object.entries<MetricRow>(METRICS).map(([name, { kind, unit, labels, help }]) => {
    const told = labels.map((label) => `\`${label.replaceAll('.', '_')}\``).join(', ');
    return `| \`${prometheusName(name, unit, kind)}\` | ${kind} | ${told} | ${help} |`;
  });
  return ['| metric | kind | labels | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
