import type { Blocker } from '../rules/blocker.js';
import type { Refusal } from './decision.js';
import { listed } from '../json/listed.js';
import { shortened } from '../json/shortened.js';
import type { Token } from '../tokens/token.js';

/** A refusal with every reason; its own code is the first of those that say the most. */
export function refusalOf(token: Token, wanted: string, blockers: readonly Blocker[]): Refusal {
  const message = `Token ${token.id} does not ${shortened(wanted, MAX_WANTED)}: ${reasonsOf(blockers)}.`;
  return { code: codeOf(blockers), message, blockers };
}

export function tooLargeRefusal(message: string): Refusal {
  return { code: 'TOKEN_TOO_LARGE', message, blockers: [] };
}

/** Of a token that a moment has no more time for. Its sender may try again at once: the next moment has as much. */
export function busyRefusal({ id }: Token): Refusal {
  const message = `Token ${id} has more to do at this moment than it has time for, since it is large: try again.`;
  return { code: 'RATE_LIMITED', message, blockers: [] };
}

/** A sentence of an id has room. */
const MAX_WANTED = 250;

/** The reasons in one line, as many as a person reads. */
export function reasonsOf(blockers: readonly Blocker[]): string {
  const messages = blockers.map(({ message }) => message);
  return listed(messages, { separator: '; ' });
}

function codeOf(blockers: readonly Blocker[]): Refusal['code'] {
  const has = (code: Blocker['code']) => blockers.some((blocker) => blocker.code === code);
  if (has('NOT_ACTIVE')) return 'TOKEN_CLOSED';
  if (has('VERSION')) return 'VERSION_CONFLICT';
  return has('PENDING') ? 'TRANSITION_IN_PROGRESS' : 'TRANSITION_REFUSED';
}
