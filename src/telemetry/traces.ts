import { AsyncLocalStorage } from 'node:async_hooks';

import { ActiveSpan, type SpanStart } from './active-span.js';
import type { EndedSpan, SpanSink } from './span.js';
import { randomSpanId, randomTraceId, type TraceContext } from './trace-context.js';

/** Where the code that runs is in a trace: within a span of this process, or behind a caller's, of which there is none here yet. */
type Place = ActiveSpan | { readonly behind: TraceContext };

/** One for all traces of a process: what logs asks it, too. */
const places = new AsyncLocalStorage<Place>();

interface TracesParts {
  readonly sink: SpanSink;
  /** Whether a trace is told of: one that begins here, or behind a caller's span. */
  readonly isSampled: (traceId: string, parent: TraceContext | undefined) => boolean;
  /** Whether prompts and answers are told. */
  readonly capturesContent: boolean;
}

/** What a trace, or a part of it, begins with in a process. */
export interface PartStart extends SpanStart {
  /** Absent: the span that a caller named, where one did; otherwise a trace begins. */
  readonly parent?: TraceContext;
  /** The place that the span has, where that is known beforehand: then others may hang from it, whoever tells of it. */
  readonly context?: TraceContext;
  /** See `ActiveSpan.lasting`; absent: itself. */
  readonly lasting?: TraceContext;
  /** See `ActiveSpan.origin`; absent: itself. */
  readonly origin?: TraceContext | undefined;
  /** Whether a span that failed so is told of; absent: all are. One that is not goes with all that has ended within it. */
  readonly isTold?: (error: unknown) => boolean;
}

/**
 * The traces of a process. A part of a trace that this process makes is told of as a whole when its first span ends: a process that is
 * killed leaves no span whose parent nobody has heard of.
 */
export class Traces {
  readonly #parts: TracesParts | undefined;

  constructor(parts: TracesParts | undefined) {
    this.#parts = parts;
  }

  /** Of a process that tells nobody: nothing is traced, and nothing is passed on. */
  static off(): Traces {
    return new Traces(undefined);
  }

  get isOn(): boolean {
    return this.#parts !== undefined;
  }

  get capturesContent(): boolean {
    return this.#parts?.capturesContent === true;
  }

  isSampled(traceId: string, parent?: TraceContext): boolean {
    return this.#parts?.isSampled(traceId, parent) === true;
  }

  /** The span that the code that runs is in, where its trace is told of. */
  current(): ActiveSpan | undefined {
    const place = this.isOn ? places.getStore() : undefined;
    return place instanceof ActiveSpan && place.context.isSampled ? place : undefined;
  }

  /** What is to be named as the parent of what is asked of others. */
  outgoing(): TraceContext | undefined {
    const place = this.isOn ? places.getStore() : undefined;
    return place instanceof ActiveSpan ? place.lasting : place?.behind;
  }

  /** Runs what a caller asked for from a span of its own. Makes no span. */
  behind<Result>(caller: TraceContext | undefined, run: () => Result): Result {
    return this.isOn && caller !== undefined ? places.run({ behind: caller }, run) : run();
  }

  /** Makes a part of a trace. What `run` throws is its error. */
  async part<Result>(start: PartStart, run: () => Promise<Result>): Promise<Result> {
    if (this.#parts === undefined) return await run();
    const span = this.#begin(start);
    let told = span.context.isSampled;
    let code: string | undefined;
    try {
      return await places.run(span, run);
    } catch (error) {
      told &&= start.isTold?.(error) ?? true;
      code = errorCode(error);
      throw error;
    } finally {
      if (told) this.#parts.sink(span.ended(code));
    }
  }

  /** Notes what is done within the span that the code is in: a promise until it settles. Of anything else nothing is noted. */
  within<Result>(start: SpanStart, run: () => Result): Result {
    const above = this.current();
    if (above === undefined) return run();
    const context = { ...above.context, spanId: randomSpanId() };
    const { lasting, origin } = above;
    const place = { context, parentSpanId: above.context.spanId, lasting, origin, nowMs: above.nowMs() };
    const span = new ActiveSpan({ ...start, ...place });
    const result = run();
    if (result instanceof Promise) {
      const end = (code?: string) => {
        for (const one of span.ended(code)) above.take(one);
      };
      result.then(
        () => {
          end();
        },
        (error: unknown) => {
          end(errorCode(error));
        },
      );
    }
    return result;
  }

  /** Tells of a span that was noted otherwise. */
  tell(span: EndedSpan): void {
    this.#parts?.sink([span]);
  }

  #begin(start: PartStart): ActiveSpan {
    const { parent = this.outgoing(), context: known, isTold: _, ...rest } = start;
    const context = known ?? this.#placeBehind(parent);
    const { lasting = context } = start;
    const origin = 'origin' in start ? start.origin : context;
    return new ActiveSpan({ ...rest, context, parentSpanId: parent?.spanId, lasting, origin });
  }

  #placeBehind(parent: TraceContext | undefined): TraceContext {
    const traceId = parent?.traceId ?? randomTraceId();
    return { traceId, spanId: randomSpanId(), isSampled: this.isSampled(traceId, parent) };
  }
}

/** The trace that the code that runs is part of, for a line of the log; undefined where no collector is told of it. */
export function currentTraceId(): string | undefined {
  const place = places.getStore();
  const context = place instanceof ActiveSpan ? place.context : place?.behind;
  return context?.isSampled === true ? context.traceId : undefined;
}

const LONGEST_CODE = 100;

/** As `error.type` has it: a code of ours, or the kind of an error. Never its words, which may quote anything. */
function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '_OTHER';
  const known = 'code' in error ? error.code : 'type' in error ? error.type : undefined;
  const code = typeof known === 'string' ? known : error instanceof Error ? error.name : '_OTHER';
  return code.slice(0, LONGEST_CODE);
}
