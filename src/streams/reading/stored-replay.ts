import type { AgentExecution } from '../../core/executions/execution.js';
import type {
  AttemptStartedBody,
  StreamEvent,
  StreamEventBody,
  TerminalEventBody,
} from '../../core/streams/stream-event.js';
import { executionEnding } from '../writing/execution-ending.js';

type StoredBody = AttemptStartedBody | StreamEventBody | TerminalEventBody;

/**
 * What follows a cursor in the stream of an ended execution whose log is gone, as its stored record tells it: the
 * beginning of an attempt, the answer as one chunk, and the end, with the sequence that the end had. The answer never
 * comes without the beginning that voids the text before it; where there is no room for both, `completed` has it. A
 * stream that was lost before anyone knew its end is told whole, behind whatever the cursor is.
 */
export function storedReplay(execution: AgentExecution, after = -1): readonly StreamEvent[] {
  const { turn, body } = executionEnding(execution);
  const started: StoredBody = { eventType: 'attempt_started', status: 'stored' };
  const text = body.eventType === 'completed' ? body.final_response : '';
  const whole: readonly StoredBody[] =
    text === '' ? [started, body] : [started, { eventType: 'content_chunk', content: text }, body];
  const last = Math.max(execution.lastSequence ?? after + whole.length, whole.length - 1);
  const room = last - after;
  const bodies = room < whole.length ? [started, body].slice(2 - room) : whole;
  const attempt = Math.max(execution.attempts.filter((one) => one.turn === turn).length, 1);
  const timestamp = execution.completedAt ?? execution.createdAt;
  return bodies.map((one, index) => {
    const sequence = last - (bodies.length - 1 - index);
    return { executionId: execution.id, sequence, turn, attempt, timestamp, ...one };
  });
}
