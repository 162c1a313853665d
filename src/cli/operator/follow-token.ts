import { setTimeout } from 'node:timers/promises';

import type { ApprovalDesk } from './approval-desk.js';
import type { TokenEventType } from '../../core/tokens/token.js';
import { NOT_WELL } from '../../compose/exit-codes.js';
import type { ClientParts } from '../run-client.js';
import { eventLine } from './event-line.js';
import type { FireDesk } from './fire-desk.js';
import { followExecution } from './follow-execution.js';
import { eventsAfter, type NumberedEvent } from './shown-events.js';
import { readToken, tokenLines, type ShownToken } from './token-view.js';

const LOOK_AGAIN_MS = 300;

/** Whom a token that is followed may need. */
export interface TokenDesks {
  /** Calls of agents that wait for approval. */
  readonly approvals: ApprovalDesk;
  /** Places where it waits. */
  readonly fires: Pick<FireDesk, 'attend'>;
}

/** What a program is told of a token that is followed. */
export type FollowedFact = NumberedEvent | ShownToken;

interface FollowedToken {
  readonly id: string;
  /** Only what comes after this event is shown; 0: all. */
  readonly after: number;
  /** Called for each event, and in the end with the token; absent: no program reads it. */
  readonly tell?: (fact: FollowedFact) => void;
}

/** What the stream of an execution, and the end, show themselves. */
const SHOWN_OTHERWISE: ReadonlySet<TokenEventType> = new Set([
  'EXECUTION_FINISHED',
  'INCIDENT_RAISED',
  'COMPLETED',
  'CANCELLED',
  'TERMINATED',
]);

/**
 * Shows a token live from what comes after one of its events on, 0 for all: its places, the text of its agents, and what blocks it where it waits for somebody. Gives back the exit code of
 * its end: 0, or NOT_WELL at an incident, or where it was cancelled or terminated.
 */
export async function followToken(
  parts: ClientParts,
  { id, after: begin, tell = () => undefined }: FollowedToken,
  { approvals, fires }: TokenDesks,
): Promise<number> {
  const { api, say, print, ending } = parts;
  let after = begin;
  let waitedIn: number | undefined;
  let wasOver = false;
  const running = new Set<string>();
  for (;;) {
    const events = await eventsAfter(api, id, after);
    for (const event of events) {
      after = event.sequence;
      tell(event);
      const line = SHOWN_OTHERWISE.has(event.type) ? undefined : eventLine(event);
      if (line !== undefined) say(line);
      const { executionId } = event;
      if (executionId == null) continue;
      if (event.type === 'EXECUTION_FINISHED') running.delete(executionId);
      if (event.type !== 'EXECUTION_STARTED') continue;
      running.add(executionId);
      await followExecution({ api, print, desk: approvals }, executionId);
    }
    if (events.length > 0) continue;
    const token = await readToken(api, id);
    const { status, pending, incident } = token;
    // An incident that is tried again stands until the agent has done better.
    const isStuck = incident !== null && pending === null && running.size === 0;
    const isOver = status !== 'ACTIVE' || isStuck;
    if (isOver && wasOver) {
      tell(token);
      return end(parts, token);
    }
    // What ended it may have been recorded between the look at its events and the one at the token.
    wasOver = isOver;
    if (isOver) continue;
    if (pending === null && incident === null) {
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
