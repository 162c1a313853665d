import type { StreamEvent } from '../../core/streams/stream-event.js';
import { RecentEvents } from '../../streams/reading/recent-events.js';
import { taggedEvent } from './tagged-event.js';
import { textFrame } from '../connections/websocket-frame.js';

/** The bytes that go out for an event; `undefined`: nothing. A promise where more has to be read first. */
export type Outgoing = Buffer | undefined | Promise<Buffer | undefined>;

/** What one viewer gets of the events of a stream. */
export interface ViewerFormat {
  /** For a WebSocket: messages, each JSON, with their frames. */
  message(event: StreamEvent): Outgoing;
  /** Blocks of server-sent events: JSON, and the sequence as the id of the last one. */
  block(event: StreamEvent): Outgoing;
  /** Whether nothing more is to be sent, although the stream may go on: the viewer comes again with its cursor. */
  readonly isOver: boolean;
}

/** How a stream is served to a viewer. */
export interface ServedAs {
  readonly format: ViewerFormat;
  /** Called where the viewer is let go because nothing is taken. */
  readonly onTooSlow: () => void;
}

/** One event, one JSON text: made once for all viewers who follow together. */
class EventFormat implements ViewerFormat {
  readonly isOver = false;
  readonly #json: (event: StreamEvent) => string | undefined;
  readonly #messages = new RecentEvents<Buffer>();
  readonly #blocks = new RecentEvents<Buffer>();

  constructor(json: (event: StreamEvent) => string | undefined) {
    this.#json = json;
  }

  message(event: StreamEvent): Buffer | undefined {
    return this.#messages.made(event, (one) => {
      const json = this.#json(one);
      return json === undefined ? undefined : textFrame(json);
    });
  }

  block(event: StreamEvent): Buffer | undefined {
    return this.#blocks.made(event, (one) => {
      const json = this.#json(one);
      return json === undefined ? undefined : sseBlock(json, one.sequence);
    });
  }
}

/** Without a sequence nobody who comes again begins behind it. */
export function sseBlock(json: string, sequence?: number): Buffer {
  return Buffer.from(`${sequence === undefined ? '' : `id: ${sequence}\n`}data: ${json}\n\n`, 'utf8');
}

export const PLAIN = new EventFormat(JSON.stringify);

/** As a Rust enum: see tagged-event. */
export const TAGGED = new EventFormat((event) => {
  const tagged = taggedEvent(event);
  return tagged === undefined ? undefined : JSON.stringify(tagged);
});
