import type { ApiClient } from '../api-client.js';
import type { ShownEvent } from './event-line.js';

export interface NumberedEvent extends ShownEvent {
  /** From 1, within its token. */
  readonly sequence: number;
}

const PAGE = 100;
const EVENTS = `query ($id: String!, $after: Int!, $first: Int!) {
  tokenEvents(tokenId: $id, after: $after, first: $first) { sequence type place transitionId executionId details }
}`;

/** The next events of a token behind the one with this number, oldest first: up to a hundred. */
export async function eventsAfter(
  api: Pick<ApiClient, 'query'>,
  id: string,
  after: number,
): Promise<readonly NumberedEvent[]> {
  const variables = { id, after, first: PAGE };
  return (await api.query<{ readonly tokenEvents: readonly NumberedEvent[] }>(EVENTS, variables)).tokenEvents;
}

/** The number of a token's newest event; 0: it has none. Takes one request for most tokens, and a few however many events there are. */
export async function newestSequence(api: Pick<ApiClient, 'query'>, id: string): Promise<number> {
  let [from, to, after] = [0, Infinity, 0];
  for (;;) {
    const events = await eventsAfter(api, id, after);
    const last = events.at(-1)?.sequence;
    if (last === undefined && after === from) return from;
    if (last === undefined) to = after;
    else if (events.length < PAGE) return last;
    else from = last;
    after = to === Infinity ? 2 * from : Math.floor((from + to) / 2);
  }
}
