import { SpanKind, type Attributes } from '@opentelemetry/api';

import type { AgentExecution } from '../core/executions/execution.js';
import type { EndedSpan } from './span.js';
import type { Traces } from './traces.js';
import { derivedSpanId, type SpanPlace } from './trace-context.js';

type Traced = Pick<AgentExecution, 'id' | 'traceId' | 'traceParentId'>;

/** The place of an execution in its trace: what it does hangs from it, before anybody has told of it. */
export function executionPlace(traceId: string, executionId: string): SpanPlace {
  return { traceId, spanId: derivedSpanId(traceId, 'execution', executionId) };
}

/** What an execution keeps of the trace that the code that runs is part of, which begins it. */
export function tracedIn(traces: Traces): Pick<AgentExecution, 'traceId' | 'traceParentId'> {
  const span = traces.current();
  if (span === undefined) return {};
  const { context, origin } = span;
  return { traceId: context.traceId, ...(origin === undefined ? {} : { traceParentId: origin.spanId }) };
}

/** Where viewers of an execution hang from; undefined where it is in no trace that is told of. */
export function placeOfExecution({ id, traceId }: Traced): SpanPlace | undefined {
  return traceId === undefined ? undefined : executionPlace(traceId, id);
}

/** The span of an execution that has ended, up to now; undefined where it is in no trace that is told of. */
export function executionSpan(execution: AgentExecution, nowMs: number): EndedSpan | undefined {
  const { traceId, traceParentId, agentId, createdAt, errorCode } = execution;
  if (traceId === undefined) return undefined;
  const startMs = Date.parse(createdAt);
  return {
    ...executionPlace(traceId, execution.id),
    name: `invoke_agent ${agentId}`,
    kind: SpanKind.INTERNAL,
    ...(traceParentId === undefined ? {} : { parentSpanId: traceParentId }),
    startMs,
    endMs: Math.max(startMs, nowMs),
    attributes: attributesOf(execution),
    events: [],
    links: [],
    ...(errorCode === undefined ? {} : { error: errorCode }),
  };
}

function attributesOf({ agentId, agentVersion, usage, errorCode, ...execution }: AgentExecution): Attributes {
  const { tokenId, workflowId, transitionId, placeAgentId } = execution;
  return {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': agentId,
    'gen_ai.agent.version': String(agentVersion),
    'gen_ai.conversation.id': execution.conversationId,
    'circuit_breaker.execution.id': execution.id,
    'circuit_breaker.execution.status': execution.status,
    ...(tokenId === undefined ? {} : { 'circuit_breaker.token.id': tokenId }),
    ...(workflowId === undefined ? {} : { 'circuit_breaker.workflow.id': workflowId }),
    ...(transitionId === undefined ? {} : { 'circuit_breaker.transition.id': transitionId }),
    ...(placeAgentId === undefined ? {} : { 'circuit_breaker.place_agent.id': placeAgentId }),
    ...(usage === undefined
      ? {}
      : { 'gen_ai.usage.input_tokens': usage.inputTokens, 'gen_ai.usage.output_tokens': usage.outputTokens }),
    ...(errorCode === undefined ? {} : { 'error.type': errorCode }),
  };
}
