import type { Attributes, SpanKind } from '@opentelemetry/api';

import type { EndedSpan, SpanEvent } from './span.js';
import type { SpanPlace, TraceContext } from './trace-context.js';

/** More than anything does that is asked for once: what a loop does with storage must not grow for ever. */
export const MOST_SPANS_WITHIN = 200;
const MOST_EVENTS = 100;

export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
  /** Milliseconds since 1970; absent: now. */
  readonly startMs?: number;
}

interface SpanParts extends SpanStart {
  readonly context: TraceContext;
  readonly parentSpanId: string | undefined;
  /** See `ActiveSpan.lasting`. */
  readonly lasting: TraceContext;
  /** See `ActiveSpan.origin`. */
  readonly origin: TraceContext | undefined;
  /** By the clock of the span above; absent: the clock of the machine, which knows whole milliseconds. */
  readonly nowMs?: number;
}

/**
 * A span that is under way, with what has ended within it: that is told together with it, or not at all, so that nothing hangs from a span that nobody
 * hears of.
 */
export class ActiveSpan {
  readonly context: TraceContext;
  /**
   * What may be named as a parent to other processes: a span that somebody tells of, whatever becomes of this process. Itself, or the
   * nearest one above it.
   */
  readonly lasting: TraceContext;
  /** What the work that it is part of was asked for by; undefined where the trace begins with that work. */
  readonly origin: TraceContext | undefined;
  readonly #start: SpanStart;
  readonly #parentSpanId: string | undefined;
  readonly #startMs: number;
  readonly #clock: number;
  #attributes: Attributes;
  readonly #events: SpanEvent[] = [];
  readonly #links: SpanPlace[] = [];
  readonly #within: EndedSpan[] = [];
  #leftOut = 0;
  #isOver = false;
  #error: string | undefined;

  constructor({ context, parentSpanId, lasting, origin, nowMs = Date.now(), ...start }: SpanParts) {
    this.context = context;
    this.lasting = lasting;
    this.origin = origin;
    this.#start = start;
    this.#parentSpanId = parentSpanId;
    this.#clock = performance.now();
    this.#startMs = nowMs;
    this.#attributes = start.attributes ?? {};
  }

  /** By the clock of the process as it was when the span began, so that what is within it is neither before nor behind it. */
  nowMs(): number {
    return this.#startMs + performance.now() - this.#clock;
  }

  set(attributes: Attributes): void {
    this.#attributes = { ...this.#attributes, ...attributes };
  }

  addEvent(event: SpanEvent): void {
    if (this.#events.length < MOST_EVENTS) this.#events.push(event);
  }

  link(place: SpanPlace): void {
    this.#links.push(place);
  }

  /** Says that what it is about has failed, though nothing is thrown. */
  fail(code: string): void {
    this.#error = code;
  }

  /** Takes what has ended within it. What comes when it is over itself is lost: something may go on, and hold it, for ever. */
  take(span: EndedSpan): void {
    if (this.#isOver) return;
    if (this.#within.length < MOST_SPANS_WITHIN) this.#within.push(span);
    else this.#leftOut += 1;
  }

  /** The span, over, and all that has ended within it. */
  ended(error?: string): readonly EndedSpan[] {
    this.#isOver = true;
    return [this.#own(error ?? this.#error), ...this.#within.splice(0)];
  }

  #own(error: string | undefined): EndedSpan {
    const { traceId, spanId } = this.context;
    const { name, kind, startMs = this.#startMs } = this.#start;
    const [left, failed] = [this.#leftOut, error === undefined ? {} : { 'error.type': error }];
    return {
      ...{ traceId, spanId, name, kind, startMs, endMs: Math.max(startMs, this.nowMs()) },
      ...(this.#parentSpanId === undefined ? {} : { parentSpanId: this.#parentSpanId }),
      attributes: {
        ...this.#attributes,
        ...(left === 0 ? {} : { 'circuit_breaker.spans_left_out': left }),
        ...failed,
      },
      events: this.#events,
      links: this.#links,
      ...(error === undefined ? {} : { error }),
    };
  }
}
