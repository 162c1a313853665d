import { SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

import type { EndedSpan } from '../telemetry/span.js';
import type { SpanPlace } from '../telemetry/trace-context.js';

/** A span as OpenTelemetry's exporters take it. */
export function readableSpan(
  span: EndedSpan,
  resource: Resource,
  instrumentationScope: ReadableSpan['instrumentationScope'],
): ReadableSpan {
  const { traceId, spanId, name, kind, startMs, endMs, attributes, parentSpanId, error } = span;
  const context = contextOf({ traceId, spanId });
  return {
    ...{ name, kind, attributes, resource, instrumentationScope },
    spanContext: () => context,
    ...(parentSpanId === undefined ? {} : { parentSpanContext: contextOf({ traceId, spanId: parentSpanId }) }),
    startTime: timeOf(startMs),
    endTime: timeOf(endMs),
    duration: timeOf(endMs - startMs),
    ended: true,
    status: error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    links: span.links.map((place) => ({ context: contextOf(place) })),
    events: span.events.map((event) => ({ name: event.name, time: timeOf(event.atMs), attributes: event.attributes })),
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

function contextOf({ traceId, spanId }: SpanPlace) {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

const NANOSECONDS = 1_000_000;

function timeOf(ms: number): HrTime {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.floor((ms - seconds * 1000) * NANOSECONDS)];
}
