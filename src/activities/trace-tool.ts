import type { Attributes } from '@opentelemetry/api';

import type { ToolOutcome } from '../core/executions/tool-call.js';
import type { ToolCall } from '../core/executions/turn.js';
import { shortened } from '../core/json/shortened.js';
import type { ToolRun } from '../contract/activities.js';
import type { ActivityParts } from './activity-parts.js';

/** Of what is captured, for each attribute: UTF-16 code units. */
const MOST_CAPTURED = 32_768;
/** Of a name that the model made up. */
const MOST_OF_NAME = 200;

/** Says on the span of a call of a tool which one it was, what came of it and, where that is asked for, with what and with which words. */
export function traceTool(
  { traces, mask }: ActivityParts,
  { run, call }: { readonly run: ToolRun; readonly call: ToolCall },
  outcome: ToolOutcome,
): void {
  const span = traces.current();
  if (span === undefined) return;
  const told = (value: unknown) => shortened(mask(JSON.stringify(value)), MOST_CAPTURED);
  span.set({
    'gen_ai.operation.name': 'execute_tool',
    ...nameOf(run, { traces, mask }),
    'gen_ai.tool.call.id': call.id,
    'gen_ai.tool.type': 'function',
    'circuit_breaker.execution.id': run.executionId,
    'circuit_breaker.turn': run.turn,
    ...(run.token === undefined ? {} : { 'circuit_breaker.token.id': run.token.id }),
    ...(traces.capturesContent
      ? { 'gen_ai.tool.call.arguments': told(call.arguments), 'gen_ai.tool.call.result': told(outcome) }
      : {}),
  });
  if (outcome.type !== 'answered') span.fail(outcome.type);
}

/** A name of no tool that there is is text of the model. */
function nameOf({ tool, isGiven }: ToolRun, { traces, mask }: Pick<ActivityParts, 'traces' | 'mask'>): Attributes {
  if (isGiven) return { 'gen_ai.tool.name': tool };
  return traces.capturesContent ? { 'gen_ai.tool.name': shortened(mask(tool), MOST_OF_NAME) } : {};
}
