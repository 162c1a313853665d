import { ApplicationFailure, CancelledFailure, CompleteAsyncError, type Context } from '@temporalio/activity';
import type { Headers } from '@temporalio/common';
import { SpanKind } from '@opentelemetry/api';

import type { ModelCall, ToolRun } from '../contract/activities.js';
import { AGENT_EXECUTION } from '../contract/messages.js';
import { traceIn } from '../contract/trace-header.js';
import { executionPlace } from '../telemetry/execution-span.js';
import { derivedSpanId, derivedTraceId, type TraceContext } from '../telemetry/trace-context.js';
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
  const origin = traceIn(headers);
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
      const [{ executionId, turn, index, tool, isGiven, approval }] = args as [ToolRun];
      const place = [executionId, String(turn), String(index), typeof approval === 'object' ? 'decided' : ''];
      const context = placeWithin(parent, 'tool', ...place);
      // A name that a model made up is text of the model.
      const name = isGiven ? `execute_tool ${tool}` : 'execute_tool';
      return { ...known, ...overAttempts(info), context, name, kind: SpanKind.INTERNAL };
    }
    default:
      // A try that is lost and made again is another span: what is asked of others meanwhile hangs from what is above it.
      return { ...known, lasting: parent, isTold: isOver, name: info.activityType, kind: SpanKind.INTERNAL };
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

/** Whether it has come to an end: one that is ended from outside has not failed. */
function isOver(error: unknown): boolean {
  return !(error instanceof CompleteAsyncError);
}

/** Whether no other attempt follows one that failed so. */
function isLast(error: unknown): boolean {
  if (!isOver(error)) return false;
  if (error instanceof CancelledFailure) return error.message === 'CANCELLED';
  return error instanceof ApplicationFailure && error.nonRetryable === true;
}
