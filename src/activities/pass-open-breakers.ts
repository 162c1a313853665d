import type { ProviderBreakers } from './provider-breakers.js';
import type { TurnRoute } from './turn-route.js';

/** Where an attempt is made. */
export interface Admission {
  readonly route: TurnRoute;
  /** The name of its trial, where it is the one call that tries whether a provider is well again. */
  readonly trial?: string;
}

/**
 * Takes a turn past the providers that have failed often lately, to the first that is not known to. Where all that are left have, or
 * none is for that failure, it stays where it is. `failures` are those of the turn so far.
 */
export async function passOpenBreakers(
  breakers: Pick<ProviderBreakers, 'judge' | 'claim'>,
  start: TurnRoute,
  failures: number,
): Promise<Admission> {
  let route = start;
  if (route.isLast) return { route };
  for (;;) {
    const verdict = await breakers.judge(route.provider);
    if (verdict.type === 'closed') return { route };
    if (verdict.type === 'due') {
      const trial = await breakers.claim(route.provider);
      if (trial !== undefined) return { route, trial };
    }
    const next = route.next(verdict.code);
    if (next === undefined) return { route: start };
    route = route.past(next, { code: verdict.code, failures });
  }
}
