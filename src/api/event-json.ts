import type { StreamEvent } from '../core/stream-event.js';

const made = new WeakMap<StreamEvent, string>();

/** An event as JSON, made once however many viewers get it. */
export function eventJson(event: StreamEvent): string {
  const known = made.get(event);
  if (known !== undefined) return known;
  const json = JSON.stringify(event);
  made.set(event, json);
  return json;
}
