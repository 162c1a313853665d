import type { ActivityParts } from './activity-parts.js';
import { OneAfterAnother } from './one-after-another.js';

type TellTools = ActivityParts['tellTools'];

/**
 * Tells of one execution in the order in which it was asked to: calls that run side by side would get in each other's way at
 * the end of its stream.
 */
export function tellInOrder(tell: TellTools): TellTools {
  const queue = new OneAfterAnother();
  return (place, events) => queue.run(place.executionId, () => tell(place, events));
}
