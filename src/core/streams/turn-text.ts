import type { StreamEvent } from './stream-event.js';

/** What a stream holds of one turn: the last attempt and its text. Attempt 0 means that none has begun. */
export interface TurnText {
  readonly turn: number;
  readonly attempt: number;
  readonly text: string;
}

export function noText(turn: number): TurnText {
  return { turn, attempt: 0, text: '' };
}

/** The text of a turn after one more event, in the order of the log. */
export function afterEvent(held: TurnText, event: StreamEvent): TurnText {
  switch (event.eventType) {
    case 'attempt_started':
      if (event.turn > held.turn) return held;
      return { turn: held.turn, attempt: event.turn === held.turn ? event.attempt : 0, text: '' };
    case 'content_chunk':
      if (event.turn !== held.turn || event.attempt !== held.attempt) return held;
      return { ...held, text: held.text + event.content };
    case 'thinking':
    case 'tool_call':
    case 'tool_result':
    case 'completed':
    case 'failed':
      return held;
  }
}
