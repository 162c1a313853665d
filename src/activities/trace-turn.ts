import type { Attributes } from '@opentelemetry/api';

import type { LlmProvider } from '../core/agents/agent.js';
import type { ModelAttempt } from '../core/executions/execution.js';
import type { ModelRequest, ToolCall, TurnResult } from '../core/executions/turn.js';
import { isJsonArray } from '../core/json/json-fields.js';
import { isJsonObject, type JsonObject } from '../core/json/json.js';
import { shortened } from '../core/json/shortened.js';
import type { ModelCall } from '../contract/activities.js';
import { conventionalProvider } from '../telemetry/metrics.js';
import type { ActivityParts } from './activity-parts.js';

interface TracedTurn {
  readonly provider: Pick<LlmProvider, 'type' | 'model'>;
  /** Of the execution so far, as they were noted. */
  readonly attempts: readonly ModelAttempt[];
  /** Absent: it failed. */
  readonly result?: Pick<TurnResult, 'stopReason' | 'text' | 'toolCalls' | 'usage'>;
  /** What was asked. */
  readonly messages?: ModelRequest['messages'];
}

/** Of what is captured, for each attribute: UTF-16 code units. */
const MOST_CAPTURED = 32_768;

/** Says on the span of a turn what was asked of whom, what came of each attempt and, where that is asked for, the very texts. */
export function traceTurn(parts: ActivityParts, call: ModelCall, turn: TracedTurn): void {
  const span = parts.traces.current();
  if (span === undefined) return;
  const { provider, attempts, result } = turn;
  const ofTurn = attempts.filter((attempt) => attempt.turn === call.turn);
  const first = ofTurn.at(-1)?.firstChunkMs;
  span.set({
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': conventionalProvider(provider.type),
    'gen_ai.request.model': provider.model,
    'gen_ai.request.stream': call.isBatched !== true,
    'gen_ai.conversation.id': call.prepared.conversationId,
    'gen_ai.agent.name': call.prepared.agentId,
    'gen_ai.agent.version': String(call.prepared.agentVersion),
    'circuit_breaker.execution.id': call.executionId,
    'circuit_breaker.turn': call.turn,
    'circuit_breaker.attempts': ofTurn.length,
    ...(first === undefined ? {} : { 'gen_ai.response.time_to_first_chunk': first / 1000 }),
    ...(result === undefined ? {} : answered(result)),
    ...(parts.traces.capturesContent ? captured(parts, turn) : {}),
  });
  for (const attempt of ofTurn) span.addEvent(attemptEvent(attempt));
}

function answered({ stopReason, usage }: NonNullable<TracedTurn['result']>): Attributes {
  return {
    'gen_ai.response.finish_reasons': [stopReason],
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
  };
}

function attemptEvent({ turn: _, attempt, provider, model, outcome, startedAt, ...of }: ModelAttempt) {
  return {
    name: 'attempt',
    atMs: Date.parse(startedAt),
    attributes: {
      'circuit_breaker.attempt': attempt,
      'circuit_breaker.attempt.outcome': outcome,
      'gen_ai.provider.name': conventionalProvider(provider),
      'gen_ai.request.model': model,
      ...(of.errorCode === undefined ? {} : { 'error.type': of.errorCode }),
      ...(of.queuedMs === undefined ? {} : { 'circuit_breaker.attempt.queued_ms': of.queuedMs }),
      ...(of.durationMs === undefined ? {} : { 'circuit_breaker.attempt.duration_ms': of.durationMs }),
    },
  };
}

/** In the shape of the conventions: roles with parts. */
function captured({ mask }: ActivityParts, { messages = [], result }: TracedTurn): Attributes {
  const told = (value: unknown) => shortened(mask(JSON.stringify(value)), MOST_CAPTURED);
  const [system, others] = [messages.filter(isSystem), messages.filter((message) => !isSystem(message))];
  return {
    ...(system.length === 0 ? {} : { 'gen_ai.system_instructions': told(system.map(({ content }) => part(content))) }),
    ...(others.length === 0 ? {} : { 'gen_ai.input.messages': told(others.map(spoken)) }),
    ...(result === undefined ? {} : { 'gen_ai.output.messages': told([said(result)]) }),
  };
}

type Message = ModelRequest['messages'][number];

function isSystem({ role }: Message): boolean {
  return role === 'system';
}

function spoken({ role, content, toolCalls, toolCallId }: Message) {
  if (toolCallId !== undefined)
    return { role, parts: [{ type: 'tool_call_response', id: toolCallId, response: content }] };
  const calls = isJsonArray(toolCalls) ? toolCalls.filter(isJsonObject) : [];
  return { role, parts: [part(content), ...calls.map(callPart)] };
}

function said({ text, toolCalls, stopReason }: NonNullable<TracedTurn['result']>) {
  return { role: 'assistant', parts: [part(text), ...toolCalls.map(callPart)], finish_reason: stopReason };
}

function callPart({ id, name, arguments: given }: ToolCall | JsonObject) {
  return { type: 'tool_call', id, name, arguments: given };
}

function part(content: string) {
  return { type: 'text', content };
}
