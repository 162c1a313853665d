import type { StreamEvent } from './stream-event.js';

interface Attempt {
  readonly turn: number;
  readonly attempt: number;
}

/** What a viewer shows of an execution: the text of its current turn, and how far it has read. */
export interface ShownText extends Attempt {
  readonly text: string;
}

/** What a viewer shows before the first event. */
export const NOTHING_SHOWN: ShownText = { text: '', turn: 0, attempt: 0 };

/**
 * What is shown after an event. Text belongs to a turn: the beginning of an attempt voids the text before it, and
 * `completed` has the last word, also where a chunk was lost on the way.
 *
 * @example
 * ```ts
 * import { NOTHING_SHOWN, showEvent, type StreamEvent } from 'circuit-breaker/client';
 *
 * let shown = NOTHING_SHOWN;
 * const source = new EventSource('http://127.0.0.1:4000/agent-stream/doc-42:ai_review:1');
 * source.onmessage = ({ data }) => {
 *   shown = showEvent(shown, JSON.parse(data) as StreamEvent);
 *   document.title = shown.text;
 * };
 * ```
 */
export function showEvent(shown: ShownText, event: StreamEvent): ShownText {
  const { turn, attempt } = event;
  switch (event.eventType) {
    case 'attempt_started':
      return { text: '', turn, attempt };
    case 'content_chunk': {
      return { text: isSameAttempt(shown, event) ? shown.text + event.content : event.content, turn, attempt };
    }
    case 'completed':
      return { text: event.final_response, turn, attempt };
    case 'thinking':
    case 'tool_call':
    case 'tool_result':
    case 'failed':
      break;
  }
  // Also after an event that only a newer server knows.
  return shown;
}

export function isSameAttempt(one: Attempt, other: Attempt): boolean {
  return one.turn === other.turn && one.attempt === other.attempt;
}
