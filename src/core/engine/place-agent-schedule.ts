import type { PlaceAgent, PlaceAgentSchedule } from '../definitions/definition.js';
import type { PlaceAgentRuns, Token } from '../tokens/token.js';

/** When an agent of a place is due: times are RFC 3339, and a token that leaves its place forgets them. */

/**
 * The runs of an agent that the token meets for the first time in this stay: none yet, the first one due after the
 * initial delay.
 */
export function firstRuns({ schedule }: PlaceAgent, now: string): PlaceAgentRuns {
  return { count: 0, due: later(now, schedule?.initialDelaySeconds ?? 0) };
}

/** Whether a run is due and none is under way. */
export function isDue({ executionId, due }: PlaceAgentRuns, now: string): boolean {
  return executionId === undefined && due !== undefined && due <= now;
}

/** When the next run in the token's place is due (RFC 3339), of those that wait for nothing but time. */
export function nextDue(token: Token, now: string): string | undefined {
  return Object.values(token.placeAgentRuns)
    .filter(({ executionId }) => executionId === undefined)
    .flatMap(({ due }) => (due !== undefined && due > now ? [due] : []))
    .sort()[0];
}

/**
 * The schedule after a due time at which the conditions did not hold. Without an interval the agent stays due, and
 * every change of the token looks at it again.
 */
export function skippedRun(runs: PlaceAgentRuns, { schedule }: PlaceAgent, now: string): PlaceAgentRuns {
  const interval = schedule?.intervalSeconds;
  return runs.due === undefined || interval === undefined ? runs : { ...runs, due: nextTick(runs.due, interval, now) };
}

/** After a run has begun: the next one is an interval later, unless this was the last that is allowed. */
export function begunRun({ due, count }: PlaceAgentRuns, { schedule }: PlaceAgent, now: string): PlaceAgentRuns {
  const interval = schedule?.intervalSeconds;
  const next = { count: count + 1 };
  if (interval === undefined || next.count >= (schedule?.maxExecutions ?? Number.POSITIVE_INFINITY)) return next;
  return { ...next, due: nextTick(due ?? now, interval, now) };
}

/** After a run has ended. What fell due meanwhile is not made up for. */
export function endedRun(
  { executionId: _over, shadow: _was, ...runs }: PlaceAgentRuns,
  agent: PlaceAgent,
  now: string,
): PlaceAgentRuns {
  return skippedRun(runs, agent, now);
}

/**
 * The runs of an agent whose token goes over to another version of its workflow and stays in the place. By the same schedule they stay
 * what they are. By another one what is due stays due, unless that allows no more runs, and the runs of this stay count; where
 * nothing was due any more and it allows more, the next is an interval away.
 */
export function carriedRuns(
  runs: PlaceAgentRuns,
  {
    before,
    after,
  }: { readonly before: PlaceAgentSchedule | undefined; readonly after: PlaceAgentSchedule | undefined },
  now: string,
): PlaceAgentRuns {
  if (isSameSchedule(before, after)) return runs;
  const { due, ...rest } = runs;
  const interval = after?.intervalSeconds;
  const most = interval === undefined ? 1 : (after?.maxExecutions ?? Number.POSITIVE_INFINITY);
  if (runs.count >= most) return rest;
  return { ...rest, due: due ?? later(now, interval ?? 0) };
}

function isSameSchedule(one: PlaceAgentSchedule = {}, other: PlaceAgentSchedule = {}): boolean {
  return (
    one.initialDelaySeconds === other.initialDelaySeconds &&
    one.intervalSeconds === other.intervalSeconds &&
    one.maxExecutions === other.maxExecutions
  );
}

/** The first time after `now` that lies a whole number of intervals after `due`. */
function nextTick(due: string, intervalSeconds: number, now: string): string {
  const [from, at] = [Date.parse(due), Date.parse(now)];
  const intervalMs = Math.max(Math.round(intervalSeconds * 1000), 1);
  const passed = at < from ? 0 : Math.floor((at - from) / intervalMs) + 1;
  return new Date(from + passed * intervalMs).toISOString();
}

function later(now: string, seconds: number): string {
  return new Date(Date.parse(now) + Math.round(seconds * 1000)).toISOString();
}
