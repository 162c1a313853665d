import type { StreamEvent } from '../../core/streams/stream-event.js';
import type { JsonValue } from '../../core/json/json.js';

/** An event as a Rust enum is written in JSON: one member, named for the variant. */
type TaggedEvent = Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;

/**
 * The six variants of the first clients: they know no attempts, so the beginning of the first says nothing, and that of
 * a later attempt or turn is a ThinkingStatus. A client that shows text has to start over there.
 */
export function taggedEvent(event: StreamEvent): TaggedEvent | undefined {
  const { executionId: execution_id, sequence, turn, attempt } = event;
  switch (event.eventType) {
    case 'attempt_started':
      if (attempt > 1) return { ThinkingStatus: { execution_id, status: 'retrying' } };
      return turn > 1 ? { ThinkingStatus: { execution_id, status: 'calling_model' } } : undefined;
    case 'content_chunk':
      return { ContentChunk: { execution_id, chunk: event.content, sequence } };
    case 'thinking':
      return { ThinkingStatus: { execution_id, status: event.status } };
    case 'tool_call':
      return { ToolCall: { execution_id, tool_name: event.toolName, arguments: event.arguments } };
    case 'tool_result':
      return { ToolResult: { execution_id, tool_name: event.toolName, result: event.result } };
    case 'completed': {
      const { inputTokens, outputTokens, totalTokens } = event.usage;
      const usage = { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens };
      return { Completed: { execution_id, final_response: event.final_response, usage } };
    }
    case 'failed':
      return { Failed: { execution_id, error: event.error } };
  }
}
