import { defaultPayloadConverter, type Headers } from '@temporalio/common';

/**
 * The header by which Temporal workflows and activities know the trace that they are part of: as the interceptors of Temporal's own SDKs have it, so that
 * a plain client that uses those is part of our traces, too.
 */
export const TRACE_HEADER = '_tracer-data';

/** Headers that name a span as what comes next is part of. */
export function withTraceparent(headers: Headers, traceparent: string): Headers {
  return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload({ traceparent }) };
}

/** The `traceparent` that headers have; undefined where they have none, or what others have put there. */
export function traceparentIn(headers: Headers): unknown {
  const payload = headers[TRACE_HEADER];
  if (payload === undefined) return undefined;
  try {
    const carried: unknown = defaultPayloadConverter.fromPayload(payload);
    return typeof carried === 'object' && carried !== null && 'traceparent' in carried
      ? carried.traceparent
      : undefined;
  } catch {
    return undefined;
  }
}
