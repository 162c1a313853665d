import type { Attributes, SpanKind } from '@opentelemetry/api';

import type { SpanPlace } from './trace-context.js';

export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** A span that is over, as a collector is told of it. */
export interface EndedSpan extends SpanPlace {
  readonly name: string;
  readonly kind: SpanKind;
  /** Absent: the trace begins with it. */
  readonly parentSpanId?: string;
  /** Milliseconds since 1970, with fractions. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanPlace[];
  /** The code of what it failed with. */
  readonly error?: string;
}

/** Tells collectors of spans that belong together. Never throws, never waits. */
export type SpanSink = (spans: readonly EndedSpan[]) => void;
