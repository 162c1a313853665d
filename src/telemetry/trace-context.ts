import { createHash, randomBytes } from 'node:crypto';

import type { TraceContext } from '../core/traceparent.js';

export { readTraceparent, traceparentOf, type TraceContext } from '../core/traceparent.js';

/** What a collector knows a span by that is above others. */
export type SpanPlace = Pick<TraceContext, 'traceId' | 'spanId'>;

export function randomTraceId(): string {
  return randomBytes(16).toString('hex');
}

export function randomSpanId(): string {
  return randomBytes(8).toString('hex');
}

/** The trace of what began without one: the same in every process that asks. */
export function derivedTraceId(...about: readonly string[]): string {
  return digestOf(about).slice(0, 32);
}

/**
 * The id of a span that several processes have a part in, the same in each: whoever comes to its end tells it, and whoever hangs
 * something from it needs not know who that will be.
 */
export function derivedSpanId(traceId: string, ...about: readonly string[]): string {
  return digestOf([traceId, ...about]).slice(0, 16);
}

function digestOf(about: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(about)).digest('hex');
}
