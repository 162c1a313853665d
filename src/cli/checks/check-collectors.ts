import type { Config } from '../../config.js';
import { shownAddress } from '../../core/secrets.js';
import type { CollectorPlace } from '../../telemetry-settings.js';
import { note, ok, type Finding } from './finding.js';

const SUBJECTS = { metrics: 'Metrics', traces: 'Traces' } as const;
const UNTRACED =
  'No collector is told: see OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, and what OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER and OTEL_TRACES_SAMPLER say.';

/** Whether the collectors of OpenTelemetry that are to be told take what they are told. Each is told of nothing. A start goes on without them. */
export async function checkCollectors({ telemetry }: Pick<Config, 'telemetry'>): Promise<readonly Finding[]> {
  const { pushed, traced } = telemetry;
  return await Promise.all([
    ...(pushed === undefined ? [] : [checkCollector('metrics', pushed.collector, '')]),
    traced === undefined
      ? ok(SUBJECTS.traces, UNTRACED)
      : checkCollector('traces', traced.collector, traced.capturesContent ? CONTENT : ''),
  ]);
}

const CONTENT = ' Prompts and answers are in them (OTEL_GENAI_CAPTURE_CONTENT).';

async function checkCollector(
  what: keyof typeof SUBJECTS,
  { url, variable }: CollectorPlace,
  more: string,
): Promise<Finding> {
  const { askCollector } = await import('../../compose/ask-collector.js');
  const fault = await askCollector(what);
  const place = `${shownAddress(url)} (${variable})`;
  return fault === undefined
    ? ok(SUBJECTS[what], `${place} takes them.${more}`)
    : note(SUBJECTS[what], `${place} takes none: ${fault}. A start goes on, and what is told there is lost.${more}`);
}
