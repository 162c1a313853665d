import type { StreamEvent } from '../core/stream-event.js';
import { RecentEvents } from './recent-events.js';
import { taggedEvent } from './tagged-event.js';

/** What a viewer gets of an event as JSON; `undefined`: nothing. Made once for all viewers who follow together. */
export type EventFormat = (event: StreamEvent) => string | undefined;

const recent = new RecentEvents<string>();

export function eventJson(event: StreamEvent): string {
  return recent.made(event, eventJson, JSON.stringify);
}

export function taggedJson(event: StreamEvent): string | undefined {
  const tagged = taggedEvent(event);
  return tagged === undefined ? undefined : recent.made(event, taggedJson, () => JSON.stringify(tagged));
}
