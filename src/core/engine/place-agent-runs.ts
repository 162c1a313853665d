import { ruleBlocker } from '../rules/evaluate-rule.js';
import { placeAgentsIn, type PlaceAgent, type WorkflowDefinition } from '../definitions/definition.js';
import { missingInputs } from '../executions/mapping.js';
import { ask, tell, withToken, type Progress } from './progress.js';
import { startAgent } from './start-agent.js';
import type { PlaceAgentRuns, Token } from '../tokens/token.js';

/** Begins what is due of the agents of the token's place. One that is seen for the first time in this stay is armed. */
export function runPlaceAgents(progress: Progress): Progress {
  return agentsOf(progress).reduce(attend, progress);
}

/** Begins a run of every agent of the place that can run now, whatever its schedule says. */
export function triggerPlaceAgents(progress: Progress): Progress {
  return agentsOf(progress).reduce((triggered, agent) => {
    const runs = runsOf(triggered, agent);
    return runs.executionId === undefined && isReady(agent, triggered) ? begin(triggered, agent, runs) : triggered;
  }, progress);
}

/** When the next run of the token's place is due, as far as only time has to pass; RFC 3339. */
export function nextDue(token: Token, now: string): string | undefined {
  return Object.values(token.placeAgentRuns)
    .filter(({ executionId }) => executionId === undefined)
    .flatMap(({ due }) => (due !== undefined && due > now ? [due] : []))
    .sort()[0];
}

/** Asks that what runs in the token's place stop: the token leaves, or ends. */
export function cancelPlaceAgents(progress: Progress): Progress {
  return Object.values(progress.token.placeAgentRuns).reduce(cancelRun, progress);
}

/** Forgets the agents that the place no longer has, and asks that their runs stop. */
export function dropPlaceAgents(progress: Progress): Progress {
  const kept = new Set(agentsOf(progress).map(({ id }) => id));
  const entries = Object.entries(progress.token.placeAgentRuns);
  const dropped = entries.filter(([id]) => !kept.has(id)).map(([, runs]) => runs);
  const placeAgentRuns = Object.fromEntries(entries.filter(([id]) => kept.has(id)));
  return withToken(dropped.reduce(cancelRun, progress), { placeAgentRuns });
}

export function withRuns(progress: Progress, id: string, runs: PlaceAgentRuns): Progress {
  return withToken(progress, { placeAgentRuns: { ...progress.token.placeAgentRuns, [id]: runs } });
}

/** The agent of the token's place whose run an execution is. */
export function runningPlaceAgent(
  definition: WorkflowDefinition,
  token: Token,
  executionId: string,
): { readonly agent: PlaceAgent; readonly runs: PlaceAgentRuns } | undefined {
  const [id, runs] = Object.entries(token.placeAgentRuns).find(([, one]) => one.executionId === executionId) ?? [];
  const agent = definition.placeAgents.find((one) => one.id === id);
  return agent === undefined || runs === undefined ? undefined : { agent, runs };
}

/** A run that is over. Where a schedule goes on, what fell due meanwhile is not made up for. */
export function endedRun(
  { executionId: _over, ...runs }: PlaceAgentRuns,
  agent: PlaceAgent,
  now: string,
): PlaceAgentRuns {
  const interval = agent.schedule?.intervalSeconds;
  return runs.due === undefined || interval === undefined ? runs : { ...runs, due: nextTick(runs.due, interval, now) };
}

function agentsOf({ definition, token }: Progress): readonly PlaceAgent[] {
  return token.status === 'ACTIVE' ? placeAgentsIn(definition, token.place) : [];
}

function attend(progress: Progress, agent: PlaceAgent): Progress {
  const { token, facts } = progress;
  const runs = runsOf(progress, agent);
  const seen = token.placeAgentRuns[agent.id] === undefined ? withRuns(progress, agent.id, runs) : progress;
  if (runs.executionId !== undefined || runs.due === undefined || runs.due > facts.now) return seen;
  if (isReady(agent, progress)) return begin(seen, agent, runs);
  const interval = agent.schedule?.intervalSeconds;
  // Without an interval it stays due, and every change looks at it again.
  if (interval === undefined) return seen;
  return withRuns(seen, agent.id, { ...runs, due: nextTick(runs.due, interval, facts.now) });
}

function runsOf({ token, facts }: Progress, { id, schedule }: PlaceAgent): PlaceAgentRuns {
  return token.placeAgentRuns[id] ?? { count: 0, due: later(facts.now, schedule?.initialDelaySeconds ?? 0) };
}

/** Its conditions hold, and the token has what its input needs. */
function isReady(agent: PlaceAgent, { definition, token, budget }: Progress): boolean {
  const subject = { fields: token, programs: definition.programs, budget };
  return (
    agent.triggerConditions.every((rule) => ruleBlocker(rule, subject) === undefined) &&
    missingInputs(agent.inputMapping, token).length === 0
  );
}

function begin(progress: Progress, agent: PlaceAgent, runs: PlaceAgentRuns): Progress {
  const started = startAgent(progress, { use: agent, startedBy: { placeAgentId: agent.id }, fields: progress.token });
  const { executionId } = started;
  const details = { agentId: agent.agentId, placeAgentId: agent.id };
  const told = tell(started.progress, [{ type: 'EXECUTION_STARTED', executionId, details }]);
  return withRuns(told, agent.id, { ...afterBegin(agent, runs, progress.facts.now), executionId });
}

function afterBegin({ schedule }: PlaceAgent, { due, count }: PlaceAgentRuns, now: string): PlaceAgentRuns {
  const interval = schedule?.intervalSeconds;
  const next = { count: count + 1 };
  if (interval === undefined || next.count >= (schedule?.maxExecutions ?? Number.POSITIVE_INFINITY)) return next;
  return { ...next, due: nextTick(due ?? now, interval, now) };
}

/** The first time after `now` that is whole intervals behind `due`. */
function nextTick(due: string, intervalSeconds: number, now: string): string {
  const [from, at] = [Date.parse(due), Date.parse(now)];
  const intervalMs = Math.max(Math.round(intervalSeconds * 1000), 1);
  const passed = at < from ? 0 : Math.floor((at - from) / intervalMs) + 1;
  return new Date(from + passed * intervalMs).toISOString();
}

function later(now: string, seconds: number): string {
  return new Date(Date.parse(now) + Math.round(seconds * 1000)).toISOString();
}

function cancelRun(progress: Progress, { executionId }: PlaceAgentRuns): Progress {
  return executionId === undefined ? progress : ask(progress, { type: 'cancel-execution', executionId });
}
