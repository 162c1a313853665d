import type { StreamEvent } from '../../core/streams/stream-event.js';

/** Those who follow a stream are no further apart than this, or they get chunks joined. */
const PLACES = 256;
const MAX_VARIANTS = 8;
/** In characters or bytes. A place keeps its event, and what was made of it, until another event takes it: no more. */
const MAX_LENGTH = 16 * 1024;
/** What is longer is remembered until so many others have come: an answer of 1 MiB is made once for all who wait for it. */
const LONG_ONES = 8;
/** One answer has 1 MiB; what asks for it again and again is not kept. */
const MAX_LONG_LENGTH = 4 * 1024 * 1024;

interface Place<Made> {
  readonly event: StreamEvent;
  readonly made: Map<unknown, Made | undefined>;
}

interface LongOne<Made> {
  readonly event: StreamEvent;
  readonly variant: unknown;
  readonly made: Made | undefined;
}

/**
 * What was made of the newest events, so that it is made once: the viewers of a stream take each event one after the other.
 * A fixed few places, by sequence: a weak map of all events costs the collector more than it saves.
 */
export class RecentEvents<Made extends { readonly length: number } | Promise<unknown>> {
  readonly #places: (Place<Made> | undefined)[] = Array.from({ length: PLACES });
  readonly #longOnes: LongOne<Made>[] = [];

  /** What `make` gives for an event, in one of several variants. */
  made<Result extends Made | undefined>(
    event: StreamEvent,
    make: (event: StreamEvent) => Result,
    variant?: unknown,
  ): Result {
    const place = this.#places[event.sequence % PLACES];
    if (place?.event === event && place.made.has(variant)) return place.made.get(variant) as Result;
    for (const one of this.#longOnes) {
      if (one.event === event && one.variant === variant) return one.made as Result;
    }
    const made = make(event);
    this.#remember(event, variant, made);
    return made;
  }

  #remember(event: StreamEvent, variant: unknown, made: Made | undefined): void {
    const length = Math.max(lengthOf(event), lengthOfMade(made));
    if (length <= MAX_LENGTH) this.#rememberShort(event, variant, made);
    else if (length <= MAX_LONG_LENGTH) {
      if (this.#longOnes.length >= LONG_ONES) this.#longOnes.shift();
      this.#longOnes.push({ event, variant, made });
    }
  }

  #rememberShort(event: StreamEvent, variant: unknown, made: Made | undefined): void {
    const index = event.sequence % PLACES;
    let place = this.#places[index];
    if (place?.event !== event) {
      place = { event, made: new Map() };
      this.#places[index] = place;
    }
    if (place.made.size < MAX_VARIANTS) place.made.set(variant, made);
  }
}

/** In characters, without what every event has. */
function lengthOf(event: StreamEvent): number {
  switch (event.eventType) {
    case 'content_chunk':
      return event.content.length;
    case 'thinking':
      return (event.content?.length ?? 0) + JSON.stringify([event.arguments]).length;
    case 'completed':
      return event.final_response.length;
    case 'failed':
      return event.error.length;
    case 'tool_call':
      return JSON.stringify([event.arguments]).length;
    case 'tool_result':
      return JSON.stringify([event.result, event.approval]).length;
    case 'attempt_started':
      return 0;
  }
}

/** What is still being made may get long. */
function lengthOfMade(made: { readonly length: number } | Promise<unknown> | undefined): number {
  if (made === undefined) return 0;
  return made instanceof Promise ? MAX_LENGTH + 1 : made.length;
}
