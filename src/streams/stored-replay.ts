import type { AgentExecution } from '../core/execution.js';
import type { AttemptStartedBody, StreamEvent, StreamEventBody, TerminalEventBody } from '../core/stream-event.js';
import { executionEnding } from './execution-ending.js';

/**
 * The stream of an ended execution whose log is gone, as its stored record tells it: the beginning of an attempt, the
 * answer as one chunk, and the end, with the sequence that the end had.
 */
export function storedReplay(execution: AgentExecution): readonly StreamEvent[] {
  const { turn, body } = executionEnding(execution);
  const text = body.eventType === 'completed' ? body.final_response : '';
  const bodies: (AttemptStartedBody | StreamEventBody | TerminalEventBody)[] = [
    { eventType: 'attempt_started', status: 'stored' },
    ...(text === '' ? [] : [{ eventType: 'content_chunk' as const, content: text }]),
    body,
  ];
  const last = Math.max(execution.lastSequence ?? 0, bodies.length - 1);
  const attempt = Math.max(execution.attempts.filter((one) => one.turn === turn).length, 1);
  const timestamp = execution.completedAt ?? execution.createdAt;
  return bodies.map((one, index) => {
    const sequence = last - (bodies.length - 1 - index);
    return { executionId: execution.id, sequence, turn, attempt, timestamp, ...one };
  });
}
