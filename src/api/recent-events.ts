import type { StreamEvent } from '../core/stream-event.js';

/** Those who follow a stream are no further apart than this, or they get chunks joined. */
const PLACES = 256;
const MAX_VARIANTS = 8;

interface Place<Made> {
  readonly event: StreamEvent;
  readonly made: Map<unknown, Made | undefined>;
}

/**
 * What was made of the newest events, so that it is made once: the viewers of a stream take each event one after the other.
 * A fixed few places, by sequence: a weak map of all events costs the collector more than it saves.
 */
export class RecentEvents<Made> {
  private readonly places: (Place<Made> | undefined)[] = Array.from({ length: PLACES });

  /** What `make` gives for an event, in one of several variants. */
  made<Result extends Made | undefined>(
    event: StreamEvent,
    make: (event: StreamEvent) => Result,
    variant?: unknown,
  ): Result {
    const index = event.sequence % PLACES;
    let place = this.places[index];
    if (place?.event !== event) {
      place = { event, made: new Map() };
      this.places[index] = place;
    }
    if (place.made.has(variant)) return place.made.get(variant) as Result;
    const made = make(event);
    if (place.made.size < MAX_VARIANTS) place.made.set(variant, made);
    return made;
  }
}
