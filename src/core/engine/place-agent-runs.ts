import { TOO_MUCH_STARTED } from './decision-bounds.js';
import { ownValue } from '../json/json.js';
import { ruleHolds } from '../rules/evaluate-rule.js';
import { placeAgentsIn, type PlaceAgent, type WorkflowDefinition } from '../definitions/definition.js';
import { hasInputs, mapInput } from '../executions/mapping.js';
import { inputTooLarge } from '../tokens/token-size.js';
import { raisePlaceAgentIncident } from './place-agent-incident.js';
import { modeOf } from './agent-mode.js';
import { ask, tell, withToken, type Progress } from './progress.js';
import { begunRun, firstRuns, isDue, skippedRun } from './place-agent-schedule.js';
import { startAgent } from './start-agent.js';
import type { PlaceAgentRuns, Token } from '../tokens/token.js';

/** Begins what is due of the agents of the token's place. One that is seen for the first time in this stay is armed. */
export function runPlaceAgents(progress: Progress): Progress {
  return agentsOf(progress).reduce(attend, progress);
}

/** Begins a run of every agent of the place that can run now, whatever its schedule says. */
export function triggerPlaceAgents(progress: Progress): Progress {
  return agentsOf(progress).reduce((triggered, agent) => {
    const runs = ownValue(triggered.token.placeAgentRuns, agent.id) ?? firstRuns(agent, triggered.facts.now);
    return runs.executionId === undefined && isReady(agent, triggered) ? begin(triggered, agent, runs) : triggered;
  }, progress);
}

/** Asks that what runs in the token's place stop, because the token leaves or ends; but not the run that made it leave. */
export function cancelPlaceAgents(progress: Progress, cause?: string): Progress {
  return Object.values(progress.token.placeAgentRuns)
    .filter(({ executionId }) => executionId !== cause)
    .reduce(cancelRun, progress);
}

/** Forgets the agents that the place no longer has, and asks that their runs stop. */
export function dropPlaceAgents(progress: Progress): Progress {
  const kept = new Set(agentsOf(progress).map(({ id }) => id));
  const entries = Object.entries(progress.token.placeAgentRuns);
  const dropped = entries.filter(([id]) => !kept.has(id)).map(([, runs]) => runs);
  const placeAgentRuns = Object.fromEntries(entries.filter(([id]) => kept.has(id)));
  return withToken(dropped.reduce(cancelRun, progress), { placeAgentRuns });
}

/** Begins the run that never began under the next id: something else has the one that it was to have. Not where it was turned off meanwhile. */
export function beginAgain(progress: Progress, agent: PlaceAgent): Progress {
  if (modeOf(agent, progress.token) === 'off') return progress;
  const { automaticSteps, placeAgentRuns } = progress.token;
  const { count = 1, ...runs }: Partial<PlaceAgentRuns> = ownValue(placeAgentRuns, agent.id) ?? {};
  return begin(withToken(progress, { automaticSteps: automaticSteps + 1 }), agent, { ...runs, count: count - 1 });
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

function agentsOf({ definition, token }: Progress): readonly PlaceAgent[] {
  return token.status === 'ACTIVE' ? placeAgentsIn(definition, token.place) : [];
}

function attend(progress: Progress, agent: PlaceAgent): Progress {
  const { token, facts } = progress;
  const known = ownValue(token.placeAgentRuns, agent.id);
  const runs = known ?? firstRuns(agent, facts.now);
  const seen = known === undefined ? withRuns(progress, agent.id, runs) : progress;
  if (!isDue(runs, facts.now)) return seen;
  if (isReady(agent, progress)) return begin(seen, agent, runs);
  const skipped = skippedRun(runs, agent, facts.now);
  return skipped === runs ? seen : withRuns(seen, agent.id, skipped);
}

/** It is not off, its conditions hold, and the token has what its input needs. */
function isReady(agent: PlaceAgent, { definition, token, budget }: Progress): boolean {
  if (modeOf(agent, token) === 'off') return false;
  const subject = { fields: token, programs: definition.programs, budget };
  return agent.triggerConditions.every((rule) => ruleHolds(rule, subject)) && hasInputs(agent.inputMapping, token);
}

function begin(progress: Progress, agent: PlaceAgent, runs: PlaceAgentRuns): Progress {
  // First, as measuring is what costs: hundreds of agents may be given a megabyte each.
  if (progress.bounds.starts.isFull) return raiseTooMuch(progress, agent);
  const tooLarge = inputTooLargeFor(agent, progress);
  if (tooLarge !== undefined) {
    const begun = withRuns(progress, agent.id, begunRun(runs, agent, progress.facts.now));
    return raisePlaceAgentIncident(begun, agent, { code: 'prompt_too_large', message: tooLarge });
  }
  const shadow = modeOf(agent, progress.token) === 'shadow' ? { shadow: true as const } : {};
  const startedBy = { placeAgentId: agent.id };
  const started = startAgent(progress, { use: agent, startedBy, fields: progress.token, ...shadow });
  if (started.progress.bounds.starts.isFull) return raiseTooMuch(progress, agent);
  const { executionId } = started;
  const details = { agentId: agent.agentId, placeAgentId: agent.id, ...shadow };
  const told = tell(started.progress, [{ type: 'EXECUTION_STARTED', executionId, details }]);
  return withRuns(told, agent.id, { ...begunRun(runs, agent, progress.facts.now), executionId, ...shadow });
}

/** The run stays due: the next change that finds room begins it. The first to find none says so, once. */
function raiseTooMuch(progress: Progress, agent: PlaceAgent): Progress {
  const message = `${TOO_MUCH_STARTED}. What waits begins at a later change of the token, or when it is retried`;
  const failure = { code: 'prompt_too_large', message } as const;
  const { incident } = progress.token;
  const isSaid = incident?.message === failure.message;
  return isSaid ? progress : raisePlaceAgentIncident(progress, agent, failure);
}

function inputTooLargeFor({ inputMapping }: PlaceAgent, { token, facts }: Progress): string | undefined {
  return facts.countsDataOnly === true ? undefined : inputTooLarge(mapInput(inputMapping, token));
}

function cancelRun(progress: Progress, { executionId }: PlaceAgentRuns): Progress {
  return executionId === undefined ? progress : ask(progress, { type: 'cancel-execution', executionId });
}
