import type { StreamEvent } from '../core/stream-event.js';

/** Those who follow a stream are no further apart than this, or they get chunks joined. */
const PLACES = 256;
const MAX_VARIANTS = 8;

interface Place<Made> {
  readonly event: StreamEvent;
  readonly made: Map<unknown, Made>;
}

/**
 * What was made of the newest events, so that it is made once: the viewers of a stream take each event one after the other.
 * A fixed few places, by sequence: a weak map of all events costs the collector more than it saves.
 */
export class RecentEvents<Made> {
  private readonly places: (Place<Made> | undefined)[] = Array.from({ length: PLACES });

  /** What `make` gives for an event, in one of several variants. */
  made(event: StreamEvent, variant: unknown, make: (event: StreamEvent) => Made): Made {
    const index = event.sequence % PLACES;
    let place = this.places[index];
    if (place?.event !== event) {
      place = { event, made: new Map<unknown, Made>() };
      this.places[index] = place;
    }
    const known = place.made.get(variant);
    if (known !== undefined) return known;
    const made = make(event);
    if (place.made.size < MAX_VARIANTS) place.made.set(variant, made);
    return made;
  }
}
