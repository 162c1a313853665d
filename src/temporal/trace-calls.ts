import { SpanKind } from '@opentelemetry/api';
import type { Headers, WorkflowClientInterceptor } from '@temporalio/client';

import { withTraceparent } from '../contract/trace-header.js';
import { traceparentOf } from '../telemetry/trace-context.js';
import type { Traces } from '../telemetry/traces.js';

/** Says in the headers of what is asked of Temporal workflows in which trace that is, and notes how long each question took. */
export function traceCalls(traces: Traces): WorkflowClientInterceptor {
  const traced = <Input extends { readonly headers: Headers }, Output>(
    [name, workflowId]: readonly [string, string],
    input: Input,
    next: (input: Input) => Promise<Output>,
  ): Promise<Output> => {
    const parent = traces.outgoing();
    if (parent === undefined) return next(input);
    const headers = withTraceparent(input.headers, traceparentOf(parent));
    const attributes = { 'circuit_breaker.temporal.workflow_id': workflowId };
    return traces.within({ name, kind: SpanKind.CLIENT, attributes }, () => next({ ...input, headers }));
  };
  return {
    startWithDetails: (input, next) => traced([`start ${input.workflowType}`, input.options.workflowId], input, next),
    startUpdate: (input, next) =>
      traced([`update ${input.updateName}`, input.workflowExecution.workflowId], input, next),
    signal: (input, next) => traced([`signal ${input.signalName}`, input.workflowExecution.workflowId], input, next),
  };
}
