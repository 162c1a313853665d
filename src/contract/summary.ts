import { shortenedInBytes } from '../core/json/shortened.js';

/** As much as Temporal asks for; how much more a server takes before it refuses all of it is its own setting. */
const MAX_BYTES = 200;

/** What the Temporal UI says of a workflow, an activity or a timer. Names in it may be as long as they like. */
export function summaryOf(text: string): string {
  return shortenedInBytes(text, MAX_BYTES);
}
