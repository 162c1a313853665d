import type { Token } from '../../core/tokens/token.js';

/** How a token stands, in a few words, and whether somebody has to do something about it. */
export function standingOf({ status, pending, incident }: Token): { readonly text: string; readonly isStuck: boolean } {
  const name = status.toLowerCase();
  if (incident !== undefined) return { text: `${name}, stuck: ${incident.code}`, isStuck: true };
  if (pending !== undefined) return { text: `${name}, ${pending.transitionId} is running`, isStuck: false };
  return { text: name, isStuck: false };
}
