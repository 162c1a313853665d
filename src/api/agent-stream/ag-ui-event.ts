import type { JsonObject, JsonValue } from '../../core/json/json.js';
import type { StreamEvent, StreamPosition, TokenUsage } from '../../core/streams/stream-event.js';
import type { ToolApproval } from '../../core/executions/tool-approval.js';

/** An event of AG-UI 1.0: https://docs.ag-ui.com/spec/1.0. */
export type AgUiEvent = JsonObject & { readonly type: string };

/** A message of an AG-UI thread, as a snapshot has it. */
export type AgUiMessage = JsonObject & { readonly id: string };

/** The message that has the text and the calls of an attempt at a turn: a later attempt is another message. */
export function messageId({ executionId, turn, attempt }: StreamPosition): string {
  return `${executionId}:${turn}:${attempt}`;
}

/** The thread is the execution. A run is what one visit sees of it, up to an end or to a question: so its id has its first sequence. */
export function runOf(executionId: string, first: number): { readonly threadId: string; readonly runId: string } {
  return { threadId: executionId, runId: `${executionId}@${first}` };
}

export function textStart(id: string): AgUiEvent {
  return { type: 'TEXT_MESSAGE_START', messageId: id, role: 'assistant' };
}

export function textContent(id: string, delta: string): AgUiEvent {
  return { type: 'TEXT_MESSAGE_CONTENT', messageId: id, delta };
}

export function textEnd(id: string): AgUiEvent {
  return { type: 'TEXT_MESSAGE_END', messageId: id };
}

/** A call, as it was told of or as a person is asked about it. */
export interface CalledTool {
  readonly toolCallId: string;
  readonly toolName: string;
  readonly arguments: JsonValue;
}

type ToolAnswered = Extract<StreamEvent, { eventType: 'tool_result' }>;
type Thought = Extract<StreamEvent, { eventType: 'thinking' }>;

export function toolCallEvents(call: CalledTool, parentMessageId: string): readonly AgUiEvent[] {
  const { toolCallId, toolName: toolCallName } = call;
  return [
    { type: 'TOOL_CALL_START', toolCallId, toolCallName, parentMessageId },
    { type: 'TOOL_CALL_ARGS', toolCallId, delta: JSON.stringify(call.arguments) },
    { type: 'TOOL_CALL_END', toolCallId },
  ];
}

export function toolResultEvent(answered: ToolAnswered): AgUiEvent {
  const { id, content, toolCallId } = toolMessage(answered);
  const { approval } = answered;
  return {
    type: 'TOOL_CALL_RESULT',
    messageId: id,
    toolCallId,
    content,
    ...(approval !== undefined && { metadata: { approval: { ...approval } } }),
  };
}

export function toolMessage({ executionId, turn, toolCallId, result }: ToolAnswered) {
  const content = typeof result === 'string' ? result : JSON.stringify(result);
  return { id: `${executionId}:${turn}:${toolCallId}`, role: 'tool', toolCallId, content };
}

/** What a model thinks aloud in an attempt. */
export function reasoningId(event: StreamPosition): string {
  return `${messageId(event)}:reasoning`;
}

export function reasoningStart(id: string): readonly AgUiEvent[] {
  return [
    { type: 'REASONING_START', messageId: id },
    { type: 'REASONING_MESSAGE_START', messageId: id, role: 'reasoning' },
  ];
}

export function reasoningContent(id: string, delta: string): AgUiEvent {
  return { type: 'REASONING_MESSAGE_CONTENT', messageId: id, delta };
}

export function reasoningEnd(id: string): readonly AgUiEvent[] {
  return [
    { type: 'REASONING_MESSAGE_END', messageId: id },
    { type: 'REASONING_END', messageId: id },
  ];
}

/** That a model is waited for, or a provider asks for patience: AG-UI has no event of its own for it. */
export function thinkingEvent({ status, content }: Thought): AgUiEvent {
  return { type: 'CUSTOM', name: 'thinking', value: { status, ...(content !== undefined && { content }) } };
}

/** The question that ends a run: its answer is the mutation `approveToolCall` or `rejectToolCall`. */
export function interruptOf({ toolCallId, toolName, expiresAt, ...approval }: ToolApproval): JsonObject {
  return {
    id: toolCallId,
    reason: 'tool_approval',
    message: `May ${toolName} be called?`,
    toolCallId,
    expiresAt,
    responseSchema: ANSWER,
    metadata: { executionId: approval.executionId, toolName, arguments: approval.arguments },
  };
}

const ANSWER: JsonObject = {
  type: 'object',
  properties: { approved: { type: 'boolean' }, arguments: { type: 'object' }, reason: { type: 'string' } },
  required: ['approved'],
};

/** All runs of an execution were paid for together: the last one tells of it. */
export function usageOf(usage: TokenUsage): JsonValue {
  return [{ ...usage }];
}
