import type { StreamEvent } from '../../src/core/streams/stream-event.js';
import { sseFrames } from './execution-events.js';

type Answer = (signal: AbortSignal) => Response | Promise<Response>;

/** A platform whose requests are answered in turn; the last answer is given to all that come after it. */
export class PlayedFetch {
  readonly #answers: readonly Answer[];
  /** The cursor of each request. */
  readonly cursors: (string | undefined)[] = [];

  constructor(answers: readonly Answer[]) {
    this.#answers = answers;
  }

  readonly fetch: typeof fetch = async (_url, { headers, signal } = {}) => {
    this.cursors.push(new Headers(headers).get('last-event-id') ?? undefined);
    const answer = this.#answers[Math.min(this.cursors.length, this.#answers.length) - 1];
    if (answer === undefined || signal == null) throw new Error('no answer, or no signal');
    return await answer(signal);
  };
}

/** An event stream of these pieces, after which it ends. */
export function eventStream(...pieces: readonly Uint8Array[]): Response {
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => {
      for (const piece of pieces) stream.enqueue(piece);
      stream.close();
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
}

export const sends =
  (...events: readonly StreamEvent[]): Answer =>
  () =>
    eventStream(new TextEncoder().encode(sseFrames(events)));

export const nothingLeft: Answer = () => new Response(null, { status: 204 });

/** As a server that accepts the connection and is frozen. */
export const neverAnswers: Answer = (signal) =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
