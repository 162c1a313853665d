import type { AgentContent, LlmProvider, ProviderType } from '../agents/agent.js';
import { isSameProvider } from '../agents/same-provider.js';
import { FALLBACK_BY_DEFAULT, type AttemptErrorCode } from '../codes.js';
import { listed } from '../json/listed.js';

/** A provider that a turn may go to, and the failures of those before it that lead there. */
export interface RouteStop {
  readonly provider: LlmProvider;
  readonly on: readonly AttemptErrorCode[];
}

/** A provider that a turn has gone past, and why. */
export interface PassedStop {
  readonly provider: ProviderType;
  readonly model: string;
  readonly code: AttemptErrorCode;
  /** It was not asked: others had failed with that code often lately. */
  readonly isSkipped?: true;
}

/**
 * The providers of one turn, in order: the agent's own with the model of its use, then its fallbacks. A fallback that a use has made
 * the agent's own provider is left out: it would only be asked again. So is one that `takes` what is to be sent not.
 */
export function providerRoute(
  { llmProvider, fallbacks = [] }: Pick<AgentContent, 'llmProvider' | 'fallbacks'>,
  model: string,
  takes: (provider: LlmProvider) => boolean = () => true,
): readonly [RouteStop, ...RouteStop[]] {
  const own = { ...llmProvider, model };
  const others = fallbacks.filter(({ llmProvider: other }) => !isSameProvider(other, own) && takes(other));
  return [
    { provider: own, on: [] },
    ...others.map((fallback) => ({ provider: fallback.llmProvider, on: fallback.on ?? FALLBACK_BY_DEFAULT })),
  ];
}

/** The first stop behind one that is for the code with which that one failed. */
export function nextStop(route: readonly RouteStop[], at: number, code: AttemptErrorCode): number | undefined {
  const next = route.findIndex(({ on }, index) => index > at && on.includes(code));
  return next === -1 ? undefined : next;
}

/** For people: which providers a turn has gone past. */
export function wordsOfPassed(passed: readonly PassedStop[]): string {
  return listed(
    passed.map(
      ({ provider, model, code, isSkipped }) => `${provider} ${model} (${code}${isSkipped ? ' often lately' : ''})`,
    ),
    { separator: ', ' },
  );
}
