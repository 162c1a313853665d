import { setTimeout } from 'node:timers/promises';

import { notFound } from '../../core/errors.js';
import type { ApprovalDesk } from '../demo/approval-desk.js';
import { NOT_WELL, type ClientParts } from '../run-client.js';
import { followExecution } from './follow-execution.js';
import { TOKEN, tokenLines, waysOut, type ShownToken } from './token-view.js';

const LOOK_AGAIN_MS = 300;
const PAGE = 100;

interface TokenEvent {
  readonly sequence: number;
  readonly type: string;
  readonly place: string;
  readonly transitionId: string | null;
  readonly executionId: string | null;
}

const EVENTS = `query ($id: String!, $after: Int!, $first: Int!) {
  tokenEvents(tokenId: $id, after: $after, first: $first) { sequence type place transitionId executionId }
}`;

/**
 * Shows a token live: its places, the text of its agents, and what blocks it where it waits for somebody. Gives back the exit code of
 * its end: 0, or NOT_WELL at an incident, or where it was cancelled or terminated.
 */
export async function followToken(parts: ClientParts, id: string, desk: ApprovalDesk): Promise<number> {
  const { api, say, print, ending } = parts;
  let after = 0;
  let waitedIn: number | undefined;
  for (;;) {
    const { tokenEvents } = await api.query<{ tokenEvents: readonly TokenEvent[] }>(EVENTS, { id, after, first: PAGE });
    for (const event of tokenEvents) {
      after = event.sequence;
      const line = eventLine(event);
      if (line !== undefined) say(line);
      if (event.type === 'EXECUTION_STARTED' && event.executionId !== null) {
        await followExecution({ api, print, desk }, event.executionId);
      }
    }
    if (tokenEvents.length > 0) continue;
    const { token } = await api.query<{ token: ShownToken | null }>(TOKEN, { id });
    if (token === null) throw notFound('token', id);
    if (token.status !== 'ACTIVE' || token.incident !== null) return end(parts, token);
    if (token.pending === null && waitedIn !== after) {
      waitedIn = after;
      say(`Waits in ${token.place}; Ctrl-C leaves it there.`);
      for (const way of waysOut(token)) say(way);
    }
    await setTimeout(LOOK_AGAIN_MS, undefined, { signal: ending });
  }
}

function end({ say }: ClientParts, token: ShownToken): number {
  for (const line of tokenLines(token)) say(line);
  return token.status === 'COMPLETED' && token.incident === null ? 0 : NOT_WELL;
}

function eventLine({ type, place, transitionId, executionId }: TokenEvent): string | undefined {
  switch (type) {
    case 'CREATED':
      return `Begins in ${place}.`;
    case 'TRANSITION_FIRED':
      return `→ ${place}${transitionId === null ? '' : `, by ${transitionId}`}`;
    case 'TRANSITION_REFUSED':
      return `${transitionId ?? 'A transition'} was refused.`;
    case 'EXECUTION_STARTED':
      return `An agent works: execution ${executionId ?? ''}`;
    default:
      return undefined;
  }
}
