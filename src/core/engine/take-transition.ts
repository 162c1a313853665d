import { fieldsAfter } from './find-blockers.js';
import { awaitedAgent } from './agent-mode.js';
import { beginShadow } from './shadow.js';
import { isEndPlace, type AgentTransition, type Transition } from '../definitions/definition.js';
import type { FireRequest } from '../tokens/fire-request.js';
import type { JsonObject } from '../json/json.js';
import { cancelPlaceAgents } from './place-agent-runs.js';
import { change, type EventDraft, type Progress } from './progress.js';
import { mapInput } from '../executions/mapping.js';
import { inputTooLarge, patchTooLarge, tokenTooLarge } from '../tokens/token-size.js';
import { startAgent } from './start-agent.js';
import { withMove } from '../tokens/newest-moves.js';
import type { HistoryEntry } from '../tokens/token.js';

/** Of a fire, what is left of it when it is clear that it is taken. */
type TakenFire = Pick<FireRequest, 'data' | 'executionId'>;

/**
 * Takes a transition that nothing blocks: moves at once, or starts its agent and waits for the outcome. Where the agent
 * cannot be given what it should be, that is an incident: whoever fires is refused before.
 */
export function takeTransition(progress: Progress, transition: Transition, request: TakenFire): Progress {
  const agent = awaitedAgent(transition, progress.token);
  if (agent === undefined) return moveAtOnce(progress, transition, request);
  const start = { transition, agent, request };
  const tooLarge = startTooLarge(progress, start);
  if (tooLarge === undefined) return startTransition(progress, start);
  const failure = { code: 'prompt_too_large', message: tooLarge } as const;
  const incident = { ...failure, transitionId: transition.id, since: progress.facts.now };
  return change(progress, { incident }, [
    { type: 'INCIDENT_RAISED', transitionId: transition.id, details: { ...failure } },
  ]);
}

function moveAtOnce(progress: Progress, transition: Transition, request: TakenFire): Progress {
  const fields = fieldsAfter(progress.token, request);
  const shadowed = beginShadow(progress, transition, fields);
  const { executionId } = request;
  const { note } = shadowed;
  return move(shadowed.progress, transition, {
    ...fields,
    ...(executionId === undefined ? {} : { executionId }),
    ...(note === undefined ? {} : { note }),
  });
}

/** Says that the token would be too large by taking a transition, or what its agent is given; undefined when it is not. */
export function takeTooLarge(
  progress: Progress,
  transition: Transition,
  request: Pick<FireRequest, 'data'>,
): string | undefined {
  const tooLarge = tokenTooLarge(fieldsAfter(progress.token, request));
  const agent = awaitedAgent(transition, progress.token);
  if (tooLarge !== undefined || agent === undefined) return tooLarge;
  return startTooLarge(progress, { transition, agent, request });
}

function startTooLarge({ token, facts }: Progress, { agent, request }: AgentTransitionStart): string | undefined {
  if (facts.countsDataOnly === true) return undefined;
  return patchTooLarge(request.data) ?? inputTooLarge(mapInput(agent.inputMapping, fieldsAfter(token, request)));
}

interface Move {
  readonly data: JsonObject;
  readonly metadata: JsonObject;
  readonly executionId?: string;
  readonly note?: string;
}

/** Puts the token into the transition's place. A change of place resolves the incident; an end place completes. */
export function move(progress: Progress, transition: Transition, how: Move): Progress {
  const { token, definition, facts } = progress;
  const { data, metadata, ...trail } = how;
  const entry: HistoryEntry = {
    version: token.version + 1,
    timestamp: facts.now,
    transition: transition.id,
    fromPlace: token.place,
    toPlace: transition.toPlace,
    ...trail,
  };
  const ends = isEndPlace(definition, transition.toPlace);
  const cause = {
    transitionId: transition.id,
    ...(how.executionId === undefined ? {} : { executionId: how.executionId }),
  };
  const events: EventDraft[] = [
    { type: 'TRANSITION_FIRED', ...cause, details: { from: token.place, to: transition.toPlace } },
    ...(token.incident === undefined
      ? []
      : [{ type: 'INCIDENT_RESOLVED' as const, details: { code: token.incident.code } }]),
    ...(ends ? [{ type: 'COMPLETED' as const }] : []),
  ];
  const fields = {
    data,
    metadata,
    place: transition.toPlace,
    status: ends ? ('COMPLETED' as const) : token.status,
    transitionCount: token.transitionCount + 1,
    history: withMove(token.history, entry),
    pending: undefined,
    incident: undefined,
    placeAgentRuns: {},
    // Nobody hears of what runs beside a token that is over.
    ...(ends ? { shadows: undefined } : {}),
  };
  return change(cancelPlaceAgents(progress, how.executionId), fields, events);
}

interface AgentTransitionStart {
  readonly transition: Transition;
  readonly agent: AgentTransition;
  readonly request: TakenFire;
}

function startTransition(progress: Progress, { transition, agent, request }: AgentTransitionStart): Progress {
  const startedBy = { transitionId: transition.id };
  const started = startAgent(progress, { use: agent, startedBy, fields: fieldsAfter(progress.token, request) });
  const { executionId } = started;
  const pending = {
    ...startedBy,
    executionId,
    since: progress.facts.now,
    ...(request.data === undefined ? {} : { patch: request.data }),
  };
  const firedBy = request.executionId === undefined ? {} : { details: { firedBy: request.executionId } };
  return change(started.progress, { pending }, [
    { type: 'TRANSITION_STARTED', ...startedBy, executionId, ...firedBy },
    { type: 'EXECUTION_STARTED', ...startedBy, executionId, details: { agentId: agent.agentId } },
  ]);
}
