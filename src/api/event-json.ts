import type { StreamEvent } from '../core/stream-event.js';
import { RecentEvents } from './recent-events.js';
import { taggedEvent } from './tagged-event.js';

/**
 * What a viewer gets of an event, in UTF-8; `undefined`: nothing. Made once for all viewers who follow together, as
 * bytes, which the socket takes as they are.
 */
export class EventFormat {
  private readonly messages = new RecentEvents<Buffer>();
  private readonly blocks = new RecentEvents<Buffer>();

  constructor(private readonly json: (event: StreamEvent) => string | undefined) {}

  /** A WebSocket message: JSON. */
  message(event: StreamEvent): Buffer | undefined {
    return this.messages.made(event, (one) => bytes(this.json(one)));
  }

  /** A block of server-sent events: the sequence as its id, and JSON. */
  block(event: StreamEvent): Buffer | undefined {
    return this.blocks.made(event, (one) => {
      const json = this.json(one);
      return bytes(json === undefined ? undefined : `id: ${event.sequence}\ndata: ${json}\n\n`);
    });
  }
}

export const PLAIN = new EventFormat(JSON.stringify);

/** As a Rust enum: see tagged-event. */
export const TAGGED = new EventFormat((event) => {
  const tagged = taggedEvent(event);
  return tagged === undefined ? undefined : JSON.stringify(tagged);
});

function bytes(text: string | undefined): Buffer | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'utf8');
}
