import { ApplicationFailure, CancelledFailure, CompleteAsyncError, type Context } from '@temporalio/activity';
import type { Headers } from '@temporalio/common';
import { SpanKind } from '@opentelemetry/api';

import type { ModelCall, ToolRun } from '../contract/activities.js';
import { AGENT_EXECUTION } from '../contract/messages.js';
import { traceparentIn } from '../contract/trace-header.js';
import { executionPlace } from '../telemetry/execution-span.js';
import { derivedSpanId, derivedTraceId, readTraceparent, type TraceContext } from '../telemetry/trace-context.js';
import type { PartStart, Traces } from '../telemetry/traces.js';

interface ActivityCall {
  readonly args: unknown[];
  readonly headers: Headers;
}

type Run = (call: ActivityCall) => Promise<unknown>;

/**
 * Makes an activity part of the trace that its Temporal workflow was asked for in. What an execution does hangs from the execution; one that nobody's
 * trace has asked for, as a timer has, begins a trace of its own.
 */
export function traceActivity(
  traces: Traces,
  { info }: Context,
): { execute: (call: ActivityCall, next: Run) => Promise<unknown> } {
  return {
    execute: async (call, next) => {
      const start = traces.isOn ? startOf(traces, info, call) : undefined;
      return await (start === undefined ? next(call) : traces.part(start, () => next(call)));
    },
  };
}

type Info = Context['info'];

function startOf(traces: Traces, info: Info, { args, headers }: ActivityCall): PartStart | undefined {
  const origin = readTraceparent(traceparentIn(headers));
  const parent = parentOf(traces, info, origin);
  if (parent === undefined) return undefined;
  const about = {
    'circuit_breaker.temporal.workflow_id': info.workflowExecution?.workflowId ?? '',
    'circuit_breaker.temporal.attempt': info.attempt,
  };
  const known = { parent, origin, attributes: about };
  switch (info.activityType) {
    case 'invokeModel': {
      const [{ executionId, turn, prepared }] = args as [ModelCall];
      const context = placeWithin(parent, 'turn', executionId, String(turn));
      return { ...known, ...overAttempts(info), context, name: `chat ${prepared.model}`, kind: SpanKind.CLIENT };
    }
    case 'runTool': {
      const [{ executionId, turn, index, tool, approval }] = args as [ToolRun];
      const place = [executionId, String(turn), String(index), typeof approval === 'object' ? 'decided' : ''];
      const context = placeWithin(parent, 'tool', ...place);
      return { ...known, ...overAttempts(info), context, name: `execute_tool ${tool}`, kind: SpanKind.INTERNAL };
    }
    default:
      // A try that is lost and made again is another span: what is asked of others meanwhile hangs from what is above it.
      return { ...known, lasting: parent, name: info.activityType, kind: SpanKind.INTERNAL };
  }
}

function parentOf(traces: Traces, { workflowExecution, workflowType }: Info, origin: TraceContext | undefined) {
  if (workflowExecution === undefined || workflowType !== AGENT_EXECUTION) return origin;
  const { workflowId, runId } = workflowExecution;
  const traceId = origin?.traceId ?? derivedTraceId(workflowId, runId);
  return { ...executionPlace(traceId, workflowId), isSampled: origin?.isSampled ?? traces.isSampled(traceId) };
}

function placeWithin({ traceId, isSampled }: TraceContext, ...about: readonly string[]): TraceContext {
  return { traceId, spanId: derivedSpanId(traceId, ...about), isSampled };
}

/** One span for all attempts, told of by the one that comes to an end. */
function overAttempts({ scheduledTimestampMs }: Info): Pick<PartStart, 'isTold' | 'startMs'> {
  return { startMs: scheduledTimestampMs, isTold: isLast };
}

/** Whether no other attempt follows one that failed so. */
function isLast(error: unknown): boolean {
  if (error instanceof CompleteAsyncError) return false;
  if (error instanceof CancelledFailure) return error.message === 'CANCELLED';
  return error instanceof ApplicationFailure && error.nonRetryable === true;
}
