import { z } from 'zod';

/** To whom a process tells what it measures. */
export interface TelemetrySettings {
  /** Where Prometheus asks; absent: nowhere. */
  readonly scraped?: {
    readonly host: string;
    readonly port: number;
    /** Whether somebody chose the port. The default one may be taken by another process of ours. */
    readonly isChosen: boolean;
  };
  /** A collector that is told by OTLP; the rest of its variables are read by OpenTelemetry's own exporter. */
  readonly pushed?: { readonly collector: CollectorPlace; readonly intervalMs: number; readonly timeoutMs: number };
  /** A collector that is told of traces, likewise. */
  readonly traced?: TraceSettings;
  /** By which a collector knows us. */
  readonly secrets: readonly string[];
}

/** Where a collector takes something. */
export interface CollectorPlace {
  readonly url: string;
  /** The variable that says so. */
  readonly variable: string;
}

export interface TraceSettings {
  readonly collector: CollectorPlace;
  readonly sampler: (typeof SAMPLERS)[number];
  /** Of a sampler by share: from 0 to 1. */
  readonly ratio: number;
  /** Whether prompts and answers are told. */
  readonly capturesContent: boolean;
  /** What is told at once, and how much may wait for a collector: numbers of spans. */
  readonly batch: {
    readonly delayMs: number;
    readonly timeoutMs: number;
    readonly most: number;
    readonly mostWaiting: number;
  };
}

const DEFAULT_PORT = 9464;

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }).optional();
const milliseconds = z.coerce.number('must be a number of milliseconds').int().min(100).max(3_600_000);
const spans = z.coerce.number('must be a number of spans').int().min(1).max(65_536);
const switched = z.stringbool('must be true or false').default(false);

export const TELEMETRY_VARIABLES = {
  METRICS_PORT: z.coerce.number('must be a port number, or 0 for none').int().min(0).max(65535).optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  OTEL_SDK_DISABLED: switched,
  OTEL_METRICS_EXPORTER: z.string().default('otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl,
  OTEL_EXPORTER_OTLP_HEADERS: z.string().default(''),
  OTEL_EXPORTER_OTLP_METRICS_HEADERS: z.string().default(''),
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: z.string().default(''),
  OTEL_METRIC_EXPORT_INTERVAL: milliseconds.default(60_000),
  OTEL_METRIC_EXPORT_TIMEOUT: milliseconds.default(30_000),
  OTEL_TRACES_EXPORTER: z.string().default('otlp'),
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS, `must be one of ${SAMPLERS.join(', ')}`).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number('must be a number from 0 to 1').min(0).max(1).default(1),
  // Sooner than OpenTelemetry's own 5 seconds: what waits goes with a process that is killed.
  OTEL_BSP_SCHEDULE_DELAY: milliseconds.default(250),
  OTEL_BSP_EXPORT_TIMEOUT: milliseconds.default(30_000),
  OTEL_BSP_MAX_EXPORT_BATCH_SIZE: spans.default(512),
  OTEL_BSP_MAX_QUEUE_SIZE: spans.default(2048),
  OTEL_GENAI_CAPTURE_CONTENT: switched,
};
type TelemetryValues = z.infer<z.ZodObject<typeof TELEMETRY_VARIABLES>>;

/** From variables that were found good. */
export function telemetrySettings(values: TelemetryValues): TelemetrySettings {
  const secrets = [
    values.OTEL_EXPORTER_OTLP_HEADERS,
    values.OTEL_EXPORTER_OTLP_METRICS_HEADERS,
    values.OTEL_EXPORTER_OTLP_TRACES_HEADERS,
  ].flatMap(valuesOf);
  if (values.OTEL_SDK_DISABLED) return { secrets };
  const { METRICS_PORT: chosen, METRICS_HOST: host } = values;
  const port = chosen ?? DEFAULT_PORT;
  const collector = values.OTEL_METRICS_EXPORTER === 'none' ? undefined : collectorOf(values, 'METRICS');
  const { OTEL_METRIC_EXPORT_INTERVAL: intervalMs, OTEL_METRIC_EXPORT_TIMEOUT: timeoutMs } = values;
  return {
    secrets,
    ...(port === 0 ? {} : { scraped: { host, port, isChosen: chosen !== undefined } }),
    // One that takes longer than until the next would have the next wait for it.
    ...(collector === undefined
      ? {}
      : { pushed: { collector, intervalMs, timeoutMs: Math.min(timeoutMs, intervalMs) } }),
    ...tracesOf(values),
  };
}

function tracesOf(values: TelemetryValues): Pick<TelemetrySettings, 'traced'> {
  const collector = collectorOf(values, 'TRACES');
  const { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio } = values;
  if (collector === undefined || values.OTEL_TRACES_EXPORTER === 'none' || sampler === 'always_off') return {};
  const mostWaiting = values.OTEL_BSP_MAX_QUEUE_SIZE;
  const batch = {
    delayMs: values.OTEL_BSP_SCHEDULE_DELAY,
    timeoutMs: values.OTEL_BSP_EXPORT_TIMEOUT,
    most: Math.min(values.OTEL_BSP_MAX_EXPORT_BATCH_SIZE, mostWaiting),
    mostWaiting,
  };
  return { traced: { collector, sampler, ratio, capturesContent: values.OTEL_GENAI_CAPTURE_CONTENT, batch } };
}

/** As OpenTelemetry's exporters find it: the address for all has a path of its own for each. */
function collectorOf(values: TelemetryValues, what: 'METRICS' | 'TRACES'): CollectorPlace | undefined {
  const variable = `OTEL_EXPORTER_OTLP_${what}_ENDPOINT` as const;
  const [own, ofAll] = [values[variable], values.OTEL_EXPORTER_OTLP_ENDPOINT];
  if (own !== undefined) return { url: own, variable };
  if (ofAll === undefined) return undefined;
  const url = `${ofAll}${ofAll.endsWith('/') ? '' : '/'}v1/${what.toLowerCase()}`;
  return { url, variable: 'OTEL_EXPORTER_OTLP_ENDPOINT' };
}

/** Of `name=value,name=value`, as OpenTelemetry writes headers down: percent-encoded, both ways secret. */
function valuesOf(headers: string): readonly string[] {
  return headers.split(',').flatMap((header) => {
    const value = header.slice(header.indexOf('=') + 1).trim();
    return value === '' ? [] : [value, decoded(value)];
  });
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
