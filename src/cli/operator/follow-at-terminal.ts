import { visibleJsonLine } from '../../core/json/visible-text.js';
import type { ClientParts } from '../run-client.js';
import { ApprovalDesk } from './approval-desk.js';
import { besideJson } from './beside-json.js';
import { FireDesk } from './fire-desk.js';
import { followToken, type FollowedFact } from './follow-token.js';
import { TypedLines } from './typed-lines.js';

interface Following {
  readonly id: string;
  /** Only what comes after this event is shown; 0: all. */
  readonly after: number;
  /** Fired first, one whenever the token waits. */
  readonly transitions?: readonly string[];
  /** For a program: lines of JSON, one for each event and a last one with the token; what people read goes to stderr. */
  readonly isJson: boolean;
}

/**
 * Shows a token live to its end, and asks whoever is at the terminal what waits for a person: calls of agents, and ways out of its place.
 * Gives back the exit code, as `followToken` does.
 */
export async function followAtTerminal(
  parts: ClientParts,
  { id, after, transitions = [], isJson }: Following,
): Promise<number> {
  const shown = isJson ? besideJson(parts) : parts;
  const tell = (fact: FollowedFact) => {
    if (isJson) parts.say(visibleJsonLine(fact));
  };
  const typed = new TypedLines();
  const approvals = new ApprovalDesk(shown, parts.api, typed);
  const fires = new FireDesk(shown, { transitions, ...(process.stdin.isTTY ? { typed } : {}) });
  try {
    return await followToken(shown, { id, after, tell }, { approvals, fires });
  } finally {
    typed.close();
  }
}
