import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { sha256 } from './stream-viewer.js';

/** The stream of an execution whose answer is TEXT, event by event. */

export const TEXT = 'Größe: 😀.';

const at = (sequence: number, attempt: number) => ({
  executionId: 'e1',
  sequence,
  turn: 1,
  attempt,
  timestamp: '2026-01-01T00:00:00.000Z',
});

export function started(sequence: number, attempt = 1): StreamEvent {
  return { ...at(sequence, attempt), eventType: 'attempt_started', status: 'first' };
}

export function chunk(sequence: number, content: string, attempt = 1): StreamEvent {
  return { ...at(sequence, attempt), eventType: 'content_chunk', content };
}

export function completed(sequence: number, attempt = 1): StreamEvent {
  return {
    ...at(sequence, attempt),
    eventType: 'completed',
    final_response: TEXT,
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
    length: Buffer.byteLength(TEXT),
    sha256: sha256(TEXT),
  };
}

/** As the server sends them. */
export function sseFrames(events: readonly StreamEvent[]): string {
  return events.map((event) => `id: ${event.sequence}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}
