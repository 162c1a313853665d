import { defaultPayloadConverter, type Headers } from '@temporalio/common';

import { readTraceparent, type TraceContext } from '../core/traceparent.js';

/**
 * The header by which Temporal workflows and activities know the trace that they are part of: as the interceptors of Temporal's own SDKs have it, so that
 * a plain client that uses those is part of our traces, too.
 */
const TRACE_HEADER = '_tracer-data';

/** Headers that name a span as what comes next is part of. */
export function withTraceparent(headers: Headers, traceparent: string): Headers {
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload({ traceparent }) };
}

/** Of what others have put there: W3C bounds `baggage`, which may lie beside it, by 8192 bytes. */
const MOST_BYTES = 16_384;

/** The place in a trace that headers name; undefined where they name none, are no such header, or are larger than that needs. */
export function traceIn(headers: Headers): TraceContext | undefined {
  const payload = headers[TRACE_HEADER];
  if (payload === undefined || (payload.data?.length ?? 0) > MOST_BYTES) return undefined;
  try {
    const carried: unknown = defaultPayloadConverter.fromPayload(payload);
    return typeof carried === 'object' && carried !== null && 'traceparent' in carried
      ? readTraceparent(carried.traceparent)
      : undefined;
  } catch {
    return undefined;
  }
}
