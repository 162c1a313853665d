/** What is known of one endpoint at a moment. All times are of one clock, in milliseconds; 0: never. */
export interface EndpointState {
  /** Calls of this process that are under way there. */
  readonly underWay: number;
  /** When it was last chosen, in any unit that grows. */
  readonly lastChosen: number;
  readonly limitedAtMs: number;
  readonly limitedUntilMs: number;
  readonly refusedAtMs: number;
  readonly refusedUntilMs: number;
  /** It could not be reached lately, or not for everything: others first. */
  readonly doubtedUntilMs: number;
}

export type EndpointChoice =
  | { readonly type: 'use'; readonly index: number }
  /** All that are not refused are limited: the first may be used again then. */
  | { readonly type: 'wait'; readonly untilMs: number }
  | { readonly type: 'refused' };

/** That it was limited makes an endpoint the second choice for so long. */
const LIMIT_REMEMBERED_MS = 300_000;
/** Where all were refused, one is tried again: somebody may have mended it. */
const REFUSAL_TRUSTED_MS = 60_000;

/**
 * Where the next call goes: to the one with the fewest calls under way; of those to the least recently limited, and of those to the
 * least recently chosen. Never to one that is refused or limited, as long as there is another.
 */
export function chooseEndpoint(states: readonly EndpointState[], nowMs: number): EndpointChoice {
  const all = states.map((state, index) => ({ state, index }));
  const open = all.filter(({ state }) => state.refusedUntilMs <= nowMs);
  const free = open.filter(({ state }) => state.limitedUntilMs <= nowMs);
  const sure = free.filter(({ state }) => state.doubtedUntilMs <= nowMs);
  const order = (left: Indexed, right: Indexed) => compare(left.state, right.state, nowMs);
  const best = sure.toSorted(order)[0] ?? free.toSorted((a, b) => a.state.doubtedUntilMs - b.state.doubtedUntilMs)[0];
  if (best !== undefined) return { type: 'use', index: best.index };
  if (open.length > 0) return { type: 'wait', untilMs: Math.min(...open.map(({ state }) => state.limitedUntilMs)) };
  const oldest = all.toSorted((left, right) => left.state.refusedAtMs - right.state.refusedAtMs)[0];
  const isTriedAgain = oldest !== undefined && nowMs - oldest.state.refusedAtMs >= REFUSAL_TRUSTED_MS;
  return isTriedAgain ? { type: 'use', index: oldest.index } : { type: 'refused' };
}

/** All that a call may go to, those before others that could be reached lately. As `chooseEndpoint` chooses: where it chooses none, none. */
export function openEndpoints(states: readonly EndpointState[], nowMs: number): readonly number[] {
  const choice = chooseEndpoint(states, nowMs);
  if (choice.type !== 'use') return [];
  const free = states.flatMap(({ refusedUntilMs, limitedUntilMs, doubtedUntilMs }, index) =>
    refusedUntilMs <= nowMs && limitedUntilMs <= nowMs ? [{ index, isDoubted: doubtedUntilMs > nowMs }] : [],
  );
  if (free.length === 0) return [choice.index];
  return free.toSorted((left, right) => Number(left.isDoubted) - Number(right.isDoubted)).map(({ index }) => index);
}

interface Indexed {
  readonly state: EndpointState;
  readonly index: number;
}

function compare(left: EndpointState, right: EndpointState, nowMs: number): number {
  const limited = ({ limitedAtMs }: EndpointState) => (nowMs - limitedAtMs < LIMIT_REMEMBERED_MS ? limitedAtMs : 0);
  return left.underWay - right.underWay || limited(left) - limited(right) || left.lastChosen - right.lastChosen;
}
