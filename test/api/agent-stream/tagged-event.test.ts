import { describe, expect, it } from 'vitest';

import { taggedEvent } from '../../../src/api/agent-stream/tagged-event.js';
import type { StreamEvent } from '../../../src/core/streams/stream-event.js';

const at = { executionId: 'e', sequence: 7, turn: 1, attempt: 1, timestamp: '2026-01-01T00:00:00.000Z' };
const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

describe('an event in the shape of a Rust enum', () => {
  it.each<readonly [StreamEvent, unknown]>([
    [{ ...at, eventType: 'attempt_started', status: 'first' }, undefined],
    [
      { ...at, attempt: 2, eventType: 'attempt_started', status: 'worker_lost' },
      { ThinkingStatus: { execution_id: 'e', status: 'retrying' } },
    ],
    [
      { ...at, turn: 2, eventType: 'attempt_started', status: 'repair' },
      { ThinkingStatus: { execution_id: 'e', status: 'calling_model' } },
    ],
    [
      { ...at, eventType: 'content_chunk', content: 'a' },
      { ContentChunk: { execution_id: 'e', chunk: 'a', sequence: 7 } },
    ],
    [
      { ...at, eventType: 'thinking', status: 'reasoning', content: 'hm' },
      { ThinkingStatus: { execution_id: 'e', status: 'reasoning' } },
    ],
    [
      { ...at, eventType: 'tool_call', toolName: 't', toolCallId: 'c', arguments: { q: 1 } },
      { ToolCall: { execution_id: 'e', tool_name: 't', arguments: { q: 1 } } },
    ],
    [
      { ...at, eventType: 'tool_result', toolName: 't', toolCallId: 'c', result: [2] },
      { ToolResult: { execution_id: 'e', tool_name: 't', result: [2] } },
    ],
    [
      { ...at, eventType: 'completed', final_response: 'a', usage, length: 1, sha256: 'x' },
      {
        Completed: {
          execution_id: 'e',
          final_response: 'a',
          usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
        },
      },
    ],
    [
      { ...at, eventType: 'failed', error: 'no', errorCode: 'auth', status: 'failed' },
      { Failed: { execution_id: 'e', error: 'no' } },
    ],
  ])('%j', (event, tagged) => {
    expect(taggedEvent(event)).toEqual(tagged);
  });
});
