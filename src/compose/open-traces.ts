import { ROOT_CONTEXT, SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { Resource } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace';

import type { TraceSettings } from '../telemetry-settings.js';
import type { TraceContext } from '../telemetry/trace-context.js';
import { Traces } from '../telemetry/traces.js';
import type { ProcessParts } from './run-process.js';
import { readableSpan } from './readable-span.js';
import { ToldExporter } from './told-exporter.js';
import { WaitingSpans } from './waiting-spans.js';

/** A collector that is away is not waited for any longer when the process ends. */
const LAST_WORDS_MS = 2000;
/** Of spans that may have whole documents with them fewer wait for a collector. */
const MOST_WAITING_WITH_CONTENT = 256;
/** And fewer go at once: collectors bound what they take by its size. */
const MOST_AT_ONCE_WITH_CONTENT = 32;

interface Origin {
  readonly resource: Resource;
  readonly version: string;
}

/**
 * Begins to tell a collector of traces by OTLP over HTTP, as JSON. Where it is, its headers, certificates and timeout are read by the exporter from
 * the variables of OpenTelemetry. What it does not take in time is dropped: so many spans wait for it at most.
 */
export function openTraces(
  { collector, batch, sampler, ratio, capturesContent }: TraceSettings,
  { resource, version }: Origin,
  { logger, resources }: Pick<ProcessParts, 'logger' | 'resources'>,
): Traces {
  const mostWaiting = capturesContent ? Math.min(batch.mostWaiting, MOST_WAITING_WITH_CONTENT) : batch.mostWaiting;
  const most = capturesContent ? Math.min(batch.most, MOST_AT_ONCE_WITH_CONTENT) : batch.most;
  const waiting = new WaitingSpans({ most: mostWaiting, logger });
  const exporter = new ToldExporter(new OTLPTraceExporter(), { what: 'traces', variable: collector.variable }, logger);
  const processor = new BatchSpanProcessor({
    exporter: {
      export: (spans, answered) => {
        waiting.leave(spans.length);
        exporter.export(spans, answered);
      },
      shutdown: () => exporter.shutdown(),
    },
    scheduledDelayMillis: batch.delayMs,
    exportTimeoutMillis: batch.timeoutMs,
    maxExportBatchSize: Math.min(most, mostWaiting),
    maxQueueSize: mostWaiting,
  });
  resources.add('the traces', async () => {
    await lastWords(processor);
    waiting.end();
  });
  const scope = { name: 'circuit-breaker', version };
  return new Traces({
    sink: (spans) => {
      if (!waiting.enter(spans.length)) return;
      for (const span of spans) processor.onEnd(readableSpan(span, resource, scope));
    },
    isSampled: sampledBy(samplers[sampler](ratio)),
    capturesContent,
  });
}

async function lastWords(processor: BatchSpanProcessor): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LAST_WORDS_MS);
  });
  await Promise.race([processor.shutdown().catch(() => undefined), late]);
  clearTimeout(timer);
}

const samplers: Readonly<Record<TraceSettings['sampler'], (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
  parentbased_always_on: () => new ParentBasedSampler({ root: new AlwaysOnSampler() }),
  parentbased_always_off: () => new ParentBasedSampler({ root: new AlwaysOffSampler() }),
  parentbased_traceidratio: (ratio) => new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
};

function sampledBy(sampler: Sampler): (traceId: string, parent: TraceContext | undefined) => boolean {
  return (traceId, parent) => {
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote(parent));
    const { decision } = sampler.shouldSample(context, traceId, '', SpanKind.INTERNAL, {}, []);
    return decision === SamplingDecision.RECORD_AND_SAMPLED;
  };
}

function remote({ traceId, spanId, isSampled }: TraceContext) {
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}
