import {
  activeAgent,
  findTransition,
  transitionsFrom,
  type AgentUse,
  type PlaceAgent,
  type Transition,
} from '../definitions/definition.js';
import { hasInputs, mapInput, mapOutput } from '../executions/mapping.js';
import type { TokenFields } from '../json/path.js';
import { inputTooLarge, jsonSize } from '../tokens/token-size.js';
import { awaitedAgent, modeOf } from './agent-mode.js';
import type { ExecutionOutcome } from './decision.js';
import { isOpen, type Situation } from './find-blockers.js';
import { tell, withToken, type Progress } from './progress.js';
import { startAgent } from './start-agent.js';

/** Agents that run beside what happens, and change nothing: what they would have done is told when they end. */

/** Of one token at a time: more wait for nobody, and are left out. */
const MAX_SHADOWS = 20;
/** Moves that are looked ahead. */
const MAX_PATH = 100;
/** What the start of an execution takes beside its input and the token's metadata. */
const START_BYTES = 8 * 1024;

export interface Shadowed {
  readonly progress: Progress;
  /** What the token's history says of it. */
  readonly note?: string;
}

/** Begins what a transition that is taken without its agent runs in the shadow. */
export function beginShadow(progress: Progress, transition: Transition, fields: TokenFields): Shadowed {
  const agent = activeAgent(transition);
  if (agent === undefined) return { progress };
  const mode = modeOf(agent, progress.token);
  if (mode !== 'shadow') return { progress, note: `without its agent, which is ${mode}` };
  const hindrance = hindranceOf(progress, agent, fields);
  if (hindrance !== undefined) return { progress, note: `without the shadow of its agent: ${hindrance}` };
  const started = startAgent(progress, {
    use: agent,
    startedBy: { transitionId: transition.id },
    fields,
    shadow: true,
  });
  const { executionId } = started;
  const shadows = { ...progress.token.shadows, [executionId]: transition.id };
  const details = { agentId: agent.agentId, shadow: true };
  const told = tell(withToken(started.progress, { shadows }), [
    { type: 'EXECUTION_STARTED', transitionId: transition.id, executionId, details },
  ]);
  return { progress: told, note: 'its agent runs in the shadow' };
}

/** Nobody who fires is refused for what changes nothing. */
function hindranceOf({ token, bounds }: Progress, use: AgentUse, fields: TokenFields): string | undefined {
  if (!hasInputs(use.inputMapping, fields)) return 'the token does not have what its input needs';
  if (Object.keys(token.shadows ?? {}).length >= MAX_SHADOWS) return `${MAX_SHADOWS} others run for this token`;
  const input = mapInput(use.inputMapping, fields);
  const tooLarge = inputTooLarge(input);
  if (tooLarge !== undefined) return tooLarge;
  const bytes = jsonSize(input) + jsonSize(fields.metadata) + START_BYTES;
  return bounds.starts.left < bytes ? 'too much was started at once' : undefined;
}

/** Forgets a shadow that has ended. */
export function withoutShadow(progress: Progress, executionId: string): Progress {
  const { [executionId]: _ended, ...rest } = progress.token.shadows ?? {};
  return withToken(progress, { shadows: Object.keys(rest).length === 0 ? undefined : rest });
}

/** What is told of the end of a shadow: the places that the token would have gone to, where there was an output to see that by. */
export function shadowDetails(path: readonly string[] | undefined): {
  readonly shadow: true;
  readonly path?: readonly string[];
} {
  return { shadow: true, ...(path === undefined ? {} : { path }) };
}

/**
 * Where a token would have gone with the output of an agent that ran in the shadow of a transition: to the transition's place, and on
 * from there by itself. Undefined where there is no output, or none that fits the mapping.
 */
export function transitionPath(
  situation: Situation,
  transition: Transition | undefined,
  outcome: ExecutionOutcome,
): readonly string[] | undefined {
  const use = transition && activeAgent(transition);
  const fields = fieldsWith(situation, use, outcome);
  if (transition === undefined || fields === undefined) return undefined;
  return [transition.toPlace, ...placesBeyond(situation, transition.toPlace, fields)];
}

/** The same of a place agent: on from the token's place, first by what its run leads to. None: the token would have stayed. */
export function placeAgentPath(
  situation: Situation,
  agent: PlaceAgent,
  outcome: ExecutionOutcome,
): readonly string[] | undefined {
  const { definition, token } = situation;
  const fields = fieldsWith(situation, agent, outcome);
  if (fields === undefined) return undefined;
  const { autoTransition = '' } = agent;
  const led = findTransition(definition, autoTransition);
  const here = at(situation, token.place, fields);
  if (led === undefined || !isOpen(here, led)) return placesBeyond(situation, token.place, fields);
  if (awaitedAgent(led, token) !== undefined) return [];
  return [led.toPlace, ...placesBeyond(situation, led.toPlace, fields)];
}

function fieldsWith(
  { token: { data, metadata } }: Situation,
  use: Pick<AgentUse, 'outputMapping'> | undefined,
  outcome: ExecutionOutcome,
): TokenFields | undefined {
  if (use === undefined || outcome.status !== 'succeeded') return undefined;
  const mapped = mapOutput(use.outputMapping, outcome.result, { data, metadata });
  return mapped.ok ? mapped.value : undefined;
}

/** Where a token would go by itself from a place, until it waits for an agent, for somebody, or for time. */
function placesBeyond(situation: Situation, from: string, fields: TokenFields): readonly string[] {
  const path: string[] = [];
  for (let place = from; path.length < MAX_PATH; place = path.at(-1) ?? place) {
    const here = at(situation, place, fields);
    const automatic = transitionsFrom(situation.definition, place).filter(({ trigger }) => trigger === 'automatic');
    const next = automatic.find((transition) => isOpen(here, transition));
    if (next === undefined || awaitedAgent(next, here.token) !== undefined) break;
    path.push(next.toPlace);
  }
  return path;
}

/** As if the token were in a place, with nothing in its way. */
function at(situation: Situation, place: string, fields: TokenFields): Situation {
  const { pending: _pending, incident: _incident, ...token } = situation.token;
  return { ...situation, token: { ...token, ...fields, place, status: 'ACTIVE' } };
}
