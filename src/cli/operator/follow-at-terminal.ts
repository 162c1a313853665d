import type { ClientParts } from '../run-client.js';
import { ApprovalDesk } from './approval-desk.js';
import { FireDesk } from './fire-desk.js';
import { followToken } from './follow-token.js';
import { TypedLines } from './typed-lines.js';

interface Following {
  readonly id: string;
  /** Only what comes after this event is shown; 0: all. */
  readonly after: number;
  /** Fired first, one whenever the token waits. */
  readonly transitions?: readonly string[];
}

/**
 * Shows a token live to its end, and asks whoever is at the terminal what waits for a person: calls of agents, and ways out of its place.
 * Gives back the exit code, as `followToken` does.
 */
export async function followAtTerminal(
  parts: ClientParts,
  { id, after, transitions = [] }: Following,
): Promise<number> {
  const typed = new TypedLines();
  const approvals = new ApprovalDesk(parts, parts.api, typed);
  const fires = new FireDesk(parts, { transitions, ...(process.stdin.isTTY ? { typed } : {}) });
  try {
    return await followToken(parts, { id, after }, { approvals, fires });
  } finally {
    typed.close();
  }
}
