import type { StreamEvent } from '../../core/streams/stream-event.js';
import { RecentEvents } from '../../streams/reading/recent-events.js';
import { taggedEvent } from './tagged-event.js';
import { textFrame } from '../connections/websocket-frame.js';

/**
 * What a viewer gets of an event, as the bytes that go out; `undefined`: nothing. Made once for all viewers who follow
 * together.
 */
export class EventFormat {
  readonly #json: (event: StreamEvent) => string | undefined;
  readonly #messages = new RecentEvents<Buffer>();
  readonly #blocks = new RecentEvents<Buffer>();

  constructor(json: (event: StreamEvent) => string | undefined) {
    this.#json = json;
  }

  /** A WebSocket message, JSON, with its frame. */
  message(event: StreamEvent): Buffer | undefined {
    return this.#messages.made(event, (one) => {
      const json = this.#json(one);
      return json === undefined ? undefined : textFrame(json);
    });
  }

  /** A block of server-sent events: the sequence as its id, and JSON. */
  block(event: StreamEvent): Buffer | undefined {
    return this.#blocks.made(event, (one) => {
      const json = this.#json(one);
      return json === undefined ? undefined : Buffer.from(`id: ${event.sequence}\ndata: ${json}\n\n`, 'utf8');
    });
  }
}

export const PLAIN = new EventFormat(JSON.stringify);

/** As a Rust enum: see tagged-event. */
export const TAGGED = new EventFormat((event) => {
  const tagged = taggedEvent(event);
  return tagged === undefined ? undefined : JSON.stringify(tagged);
});
