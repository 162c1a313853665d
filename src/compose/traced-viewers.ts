import { SpanKind } from '@opentelemetry/api';

import type { ExecutionStore } from '../storage/execution-store.js';
import type { StreamDoorName, StreamViewer } from '../streams/reading/viewer.js';
import { placeOfExecution } from '../telemetry/execution-span.js';
import { randomSpanId, type SpanPlace, type TraceContext } from '../telemetry/trace-context.js';
import type { Traces } from '../telemetry/traces.js';

interface Watching {
  readonly executionId: string;
  readonly door: StreamDoorName;
}

/**
 * Tells of each viewer of a stream when it has seen the end, or leaves: behind the span that its caller named, otherwise with the execution
 * that it watched. Of what comes in between nothing is noted.
 */
export function tracedViewers(
  traces: Traces,
  executions: Pick<ExecutionStore, 'get'>,
): (viewer: StreamViewer, watching: Watching) => StreamViewer {
  return (viewer, watching) => {
    const caller = traces.outgoing();
    const startMs = Date.now();
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      const watched = { ...watching, startMs, end: viewer.end ?? 'left' };
      // Where storage is away nobody hears of the viewer.
      tell(traces, executions, { caller, watched }).catch(() => undefined);
    };
    return {
      next: () => {
        const events = viewer.next();
        events.then((some) => {
          if (some === undefined) end();
        }, end);
        return events;
      },
      get end() {
        return viewer.end;
      },
      leave: () => {
        viewer.leave();
        end();
      },
    };
  };
}

interface Told {
  readonly caller: TraceContext | undefined;
  readonly watched: Watching & { readonly startMs: number; readonly end: string };
}

async function tell(traces: Traces, executions: Pick<ExecutionStore, 'get'>, { caller, watched }: Told): Promise<void> {
  const { executionId, door, startMs, end } = watched;
  const endMs = Date.now();
  const execution = await executions.get(executionId);
  const place = execution === undefined ? undefined : placeOfExecution(execution);
  const above = caller === undefined ? place : sampled(traces, caller);
  if (above === undefined) return;
  traces.tell({
    traceId: above.traceId,
    spanId: randomSpanId(),
    parentSpanId: above.spanId,
    name: `watch stream (${door})`,
    kind: SpanKind.SERVER,
    ...{ startMs, endMs },
    attributes: {
      'circuit_breaker.execution.id': executionId,
      'circuit_breaker.stream.door': door,
      'circuit_breaker.stream.end': end,
    },
    events: [],
    links: caller === undefined || place === undefined ? [] : [place],
  });
}

function sampled(traces: Traces, caller: TraceContext): SpanPlace | undefined {
  return traces.isSampled(caller.traceId, caller) ? caller : undefined;
}
