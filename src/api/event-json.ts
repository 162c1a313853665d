import type { StreamEvent } from '../core/stream-event.js';
import { taggedEvent } from './tagged-event.js';

/** What a viewer gets of an event as JSON; `undefined`: nothing. Made once however many viewers get it. */
export type EventFormat = (event: StreamEvent) => string | undefined;

export const eventJson = once((event) => JSON.stringify(event));

export const taggedJson = once((event) => {
  const tagged = taggedEvent(event);
  return tagged === undefined ? undefined : JSON.stringify(tagged);
});

function once(make: EventFormat): EventFormat {
  const made = new WeakMap<StreamEvent, { readonly json: string | undefined }>();
  return (event) => {
    const known = made.get(event);
    if (known !== undefined) return known.json;
    const json = make(event);
    made.set(event, { json });
    return json;
  };
}
