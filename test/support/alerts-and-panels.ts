import { readFileSync } from 'node:fs';

import { parse } from 'yaml';

import { METRICS, prometheusName, type MetricRow } from '../../src/telemetry/metric-table.js';

export const ALERTS_FILE = 'deploy/alerts.yml';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}

/** What is asked of Prometheus by alerts and by the dashboard, each with what asks it. */
export function askedQueries(): readonly (readonly [asker: string, query: string])[] {
  const { groups } = parse(readFileSync(ALERTS_FILE, 'utf8')) as Rules;
  const { panels } = JSON.parse(readFileSync('deploy/grafana-dashboard.json', 'utf8')) as Dashboard;
  return [
    ...groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => [alert, expr] as const)),
    ...panels.flatMap(({ title, targets = [] }) =>
      // What Grafana puts in its place.
      targets.map(({ expr }) => [title, expr.replaceAll('$__rate_interval', '1m')] as const),
    ),
  ];
}

/** The series that a query names. */
export function seriesIn(query: string): readonly string[] {
  return [...query.matchAll(/\b(?:circuit_breaker|gen_ai|temporal)_\w+(?=[[{)]|\s|$)/g)]
    .map(([name]) => name)
    .filter((name) => !LABELS.has(name));
}

const ROWS = Object.entries<MetricRow>(METRICS);
const LABELS = new Set(ROWS.flatMap(([, { labels }]) => labels.map((label) => label.replaceAll('.', '_'))));

/** All series of ours. */
export function ownSeries(): readonly string[] {
  return ROWS.flatMap(([name, { unit, kind }]) => {
    const told = prometheusName(name, unit, kind);
    return kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => `${told}${part}`) : [told];
  });
}
