import type { Blocker } from '../rules/blocker.js';
import type { Refusal } from './decision.js';
import type { Token } from '../tokens/token.js';

/** A refusal with every reason; its own code is the first of those that say the most. */
export function refusalOf(token: Token, wanted: string, blockers: readonly Blocker[]): Refusal {
  const reasons = blockers.map((blocker) => blocker.message).join('; ');
  return { code: codeOf(blockers), message: `Token ${token.id} does not ${wanted}: ${reasons}.`, blockers };
}

function codeOf(blockers: readonly Blocker[]): Refusal['code'] {
  const has = (code: Blocker['code']) => blockers.some((blocker) => blocker.code === code);
  if (has('NOT_ACTIVE')) return 'TOKEN_CLOSED';
  if (has('VERSION')) return 'VERSION_CONFLICT';
  return has('PENDING') ? 'TRANSITION_IN_PROGRESS' : 'TRANSITION_REFUSED';
}
