import { setTimeout } from 'node:timers/promises';

import { notFound } from '../../core/errors.js';
import type { ApprovalDesk } from '../demo/approval-desk.js';
import type { TokenEventType } from '../../core/tokens/token.js';
import { NOT_WELL, type ClientParts } from '../run-client.js';
import { eventLine, type ShownEvent } from './event-line.js';
import type { FireDesk } from './fire-desk.js';
import { followExecution } from './follow-execution.js';
import { TOKEN, tokenLines, type ShownToken } from './token-view.js';

const LOOK_AGAIN_MS = 300;
const PAGE = 100;

/** Whom a token that is followed may need. */
export interface TokenDesks {
  /** Calls of agents that wait for approval. */
  readonly approvals: ApprovalDesk;
  /** Places where it waits. */
  readonly fires: Pick<FireDesk, 'attend'>;
}

/** What the stream of an execution, and the end, show themselves. */
const SHOWN_OTHERWISE: ReadonlySet<TokenEventType> = new Set([
  'EXECUTION_FINISHED',
  'INCIDENT_RAISED',
  'COMPLETED',
  'CANCELLED',
  'TERMINATED',
]);

interface NumberedEvent extends ShownEvent {
  readonly sequence: number;
}

const EVENTS = `query ($id: String!, $after: Int!, $first: Int!) {
  tokenEvents(tokenId: $id, after: $after, first: $first) { sequence type place transitionId executionId details }
}`;

/**
 * Shows a token live: its places, the text of its agents, and what blocks it where it waits for somebody. Gives back the exit code of
 * its end: 0, or NOT_WELL at an incident, or where it was cancelled or terminated.
 */
export async function followToken(parts: ClientParts, id: string, { approvals, fires }: TokenDesks): Promise<number> {
  const { api, say, print, ending } = parts;
  let after = 0;
  let waitedIn: number | undefined;
  for (;;) {
    const { tokenEvents } = await api.query<{ tokenEvents: readonly NumberedEvent[] }>(EVENTS, {
      id,
      after,
      first: PAGE,
    });
    for (const event of tokenEvents) {
      after = event.sequence;
      const line = SHOWN_OTHERWISE.has(event.type) ? undefined : eventLine(event);
      if (line !== undefined) say(line);
      if (event.type === 'EXECUTION_STARTED' && event.executionId != null) {
        await followExecution({ api, print, desk: approvals }, event.executionId);
      }
    }
    if (tokenEvents.length > 0) continue;
    const { token } = await api.query<{ token: ShownToken | null }>(TOKEN, { id });
    if (token === null) throw notFound('token', id);
    if (token.status !== 'ACTIVE' || token.incident !== null) return end(parts, token);
    if (token.pending === null) {
      const isNew = waitedIn !== after;
      waitedIn = after;
      await fires.attend(token, isNew);
    } else await setTimeout(LOOK_AGAIN_MS, undefined, { signal: ending });
  }
}

function end({ say }: ClientParts, token: ShownToken): number {
  for (const line of tokenLines(token)) say(line);
  return token.status === 'COMPLETED' && token.incident === null ? 0 : NOT_WELL;
}
