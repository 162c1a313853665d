/** Everything that is measured, in one table: the instruments are made of it, and the guide's tables are held to it. */

export interface MetricRow {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** In UCUM, as OpenTelemetry has it; absent: a number of things. */
  readonly unit?: 's' | 'By' | '{token}' | 'USD';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/** As the GenAI conventions v0.1.0 ask for. */
const CALL_SECONDS = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const RUN_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150, 300, 900, 3600];
const LOG_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

const OF_A_CALL = ['gen_ai.operation.name', 'gen_ai.provider.name', 'gen_ai.request.model'] as const;

export const METRICS = {
  'gen_ai.client.inference.duration': {
    kind: 'histogram',
    unit: 's',
    help: 'How long attempts at model calls took, failed ones too.',
    labels: [...OF_A_CALL, 'error.type'],
    buckets: CALL_SECONDS,
  },
  'gen_ai.client.inference.time_to_first_chunk': {
    kind: 'histogram',
    unit: 's',
    help: 'How long it took until the first text of a model call came.',
    labels: OF_A_CALL,
    buckets: CALL_SECONDS,
  },
  'gen_ai.client.inference.usage.input_tokens': {
    kind: 'counter',
    unit: '{token}',
    help: 'Input tokens of model calls, as their providers counted them.',
    labels: [...OF_A_CALL, 'gen_ai.token.modality'],
  },
  'gen_ai.client.inference.usage.output_tokens': {
    kind: 'counter',
    unit: '{token}',
    help: 'Output tokens of model calls, as their providers counted them.',
    labels: [...OF_A_CALL, 'gen_ai.token.modality'],
  },
  'gen_ai.invoke_agent.duration': {
    kind: 'histogram',
    unit: 's',
    help: 'How long executions took from when a worker began them to their end.',
    labels: ['gen_ai.operation.name', 'gen_ai.agent.name', 'error.type'],
    buckets: RUN_SECONDS,
  },
  'gen_ai.execute_tool.duration': {
    kind: 'histogram',
    unit: 's',
    help: 'How long calls of tools took, failed ones too.',
    labels: ['gen_ai.operation.name', 'gen_ai.tool.name', 'error.type'],
    buckets: CALL_SECONDS,
  },
  circuit_breaker_executions_total: {
    kind: 'counter',
    help: 'Executions that have ended, with the code of what ended those that did not complete.',
    labels: ['agent', 'status', 'code'],
  },
  circuit_breaker_attempts_total: {
    kind: 'counter',
    help: 'Attempts at model calls that have ended: completed, failed (with the code), cancelled, or cached where no model was asked.',
    labels: ['agent', 'outcome', 'code'],
  },
  circuit_breaker_attempts_lost_total: {
    kind: 'counter',
    help: 'Attempts at model calls that vanished together with their workers.',
    labels: ['agent'],
  },
  circuit_breaker_queue_wait_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'How long attempts at model calls were due before a worker took them.',
    labels: [],
    buckets: RUN_SECONDS,
  },
  circuit_breaker_cost_usd_total: {
    kind: 'counter',
    unit: 'USD',
    help: 'What model calls cost, in US dollars, where prices are known.',
    labels: ['agent', 'provider', 'model'],
  },
  circuit_breaker_transitions_total: {
    kind: 'counter',
    help: 'Transitions that tokens have taken.',
    labels: ['workflow', 'transition'],
  },
  circuit_breaker_refusals_total: {
    kind: 'counter',
    help: 'Fires that were refused, with the code of the refusal.',
    labels: ['workflow', 'code'],
  },
  circuit_breaker_incidents_raised_total: {
    kind: 'counter',
    help: 'Incidents of tokens, with their codes.',
    labels: ['workflow', 'code'],
  },
  circuit_breaker_tokens: {
    kind: 'gauge',
    help: 'Active tokens, by where they are. Each API process tells the same: of several take the largest, not the sum.',
    labels: ['workflow', 'place'],
  },
  circuit_breaker_incidents_open: {
    kind: 'gauge',
    help: 'Active tokens that have an incident, by where they are. Each API process tells the same.',
    labels: ['workflow', 'place'],
  },
  circuit_breaker_breakers: {
    kind: 'gauge',
    help: 'Models whose breaker is open, or half-open while one call tries. Each API process tells the same.',
    labels: ['state'],
  },
  circuit_breaker_budgets_nearly_spent_total: {
    kind: 'counter',
    help: 'Budgets of a day, of an agent or a workflow, that were spent to 80 %.',
    labels: ['agent', 'workflow'],
  },
  circuit_breaker_keys_rested_total: {
    kind: 'counter',
    help: 'Keys of providers that were put to rest: limited, refused (auth), or without credit (quota).',
    labels: ['kind'],
  },
  circuit_breaker_answer_cache_total: {
    kind: 'counter',
    help: 'Turns of agents with a cache: the answer was there (hit), a model was asked (miss), or an equal call was waited for (waited).',
    labels: ['agent', 'result'],
  },
  circuit_breaker_rate_limited_total: {
    kind: 'counter',
    help: 'Requests and operations that were refused because their callers ask too often.',
    labels: [],
  },
  circuit_breaker_sweep_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'How long rounds of the sweep took.',
    labels: [],
    buckets: RUN_SECONDS,
  },
  circuit_breaker_sweep_failures_total: {
    kind: 'counter',
    help: 'What a round of the sweep could not set right.',
    labels: [],
  },
  circuit_breaker_sweep_late_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'For how long a round of the sweep is overdue: since the last one ended, less CLEANUP_INTERVAL_SECONDS.',
    labels: [],
  },
  circuit_breaker_audit_waiting: {
    kind: 'gauge',
    help: 'Entries of the audit that wait in this process for storage to take them.',
    labels: [],
  },
  circuit_breaker_pool_connections: {
    kind: 'gauge',
    help: 'Connections of this process to PostgreSQL, used and idle.',
    labels: ['state'],
  },
  circuit_breaker_pool_waiting: {
    kind: 'gauge',
    help: 'Statements of this process that wait for a connection to PostgreSQL.',
    labels: [],
  },
  circuit_breaker_streams_open: {
    kind: 'gauge',
    help: 'Streams that somebody watches at this process.',
    labels: [],
  },
  circuit_breaker_viewers: {
    kind: 'gauge',
    help: 'Viewers of streams at this process, by the door that they came in by.',
    labels: ['door'],
  },
  circuit_breaker_viewers_dropped_total: {
    kind: 'counter',
    help: 'Viewers that were let go because they took nothing for too long.',
    labels: ['door'],
  },
  circuit_breaker_stream_events_delivered_total: {
    kind: 'counter',
    help: 'Events of streams that were handed to viewers.',
    labels: [],
  },
  circuit_breaker_stream_events_merged_total: {
    kind: 'counter',
    help: 'Events that viewers who had fallen behind got joined into others.',
    labels: [],
  },
  circuit_breaker_log_operation_seconds: {
    kind: 'histogram',
    unit: 's',
    help: 'How long the stream log took to append and to read.',
    labels: ['backend', 'operation'],
    buckets: LOG_SECONDS,
  },
  circuit_breaker_log_failures_total: {
    kind: 'counter',
    help: 'Operations that the stream log did not carry out.',
    labels: ['backend', 'operation'],
  },
  circuit_breaker_log_append_oldest_seconds: {
    kind: 'gauge',
    unit: 's',
    help: 'For how long the stream that waits the longest has waited to be written to the log, over all tries.',
    labels: ['backend'],
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export type MetricName = keyof typeof METRICS;

type NameOf<Kind extends MetricRow['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
export type CounterName = NameOf<'counter'>;
export type GaugeName = NameOf<'gauge'>;
export type HistogramName = NameOf<'histogram'>;

/** The values of a metric's labels; an absent one is not told. */
export type LabelsOf<Name extends MetricName> = Readonly<
  Partial<Record<(typeof METRICS)[Name]['labels'][number], string>>
>;

/** Labels whose values users choose: of each combination of them only so many are told apart. */
export const OPEN_LABELS: ReadonlySet<string> = new Set([
  'agent',
  'workflow',
  'place',
  'transition',
  'model',
  'tool',
  'gen_ai.agent.name',
  'gen_ai.request.model',
  'gen_ai.tool.name',
]);

const SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes' };

/** How Prometheus knows a metric: as OpenTelemetry says that its names are translated, with unit and `_total`. */
export function prometheusName(name: string, unit: string | undefined, kind: MetricRow['kind']): string {
  const base = name.replaceAll('.', '_');
  const suffix = SUFFIXES[unit ?? ''] ?? '';
  const withUnit = base.endsWith(suffix) ? base : `${base}${suffix}`;
  return kind === 'counter' && !withUnit.endsWith('_total') ? `${withUnit}_total` : withUnit;
}
