import { fieldsAfter } from './find-blockers.js';
import { activeAgent, isEndPlace, type AgentTransition, type Transition } from './definition.js';
import type { ExecutionOverrides, ExecutionRequest } from './execution.js';
import { executionIdOf } from './execution-id.js';
import type { FireRequest } from './fire-request.js';
import type { JsonObject } from './json.js';
import { mapInput, structuredOutputs } from './mapping.js';
import { ask, change, type EventDraft, type Progress } from './progress.js';
import type { HistoryEntry } from './token.js';

/** Moves kept on the token itself; its events hold them all. */
const HISTORY_LENGTH = 50;

/** Takes a transition that nothing blocks: moves at once, or starts its agent and waits for the outcome. */
export function takeTransition(
  progress: Progress,
  transition: Transition,
  request: Pick<FireRequest, 'data'>,
): Progress {
  const agent = activeAgent(transition);
  if (agent !== undefined) return startAgent(progress, { transition, agent, request });
  const { data, metadata } = fieldsAfter(progress.token, request);
  return move(progress, transition, { data, metadata });
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
    history: [...token.history, entry].slice(-HISTORY_LENGTH),
    pending: undefined,
    incident: undefined,
  };
  return change(progress, fields, events);
}

interface AgentStart {
  readonly transition: Transition;
  readonly agent: AgentTransition;
  readonly request: Pick<FireRequest, 'data'>;
}

function startAgent(progress: Progress, start: AgentStart): Progress {
  const { token, facts } = progress;
  const { transition, request } = start;
  const execution = executionRequest(progress, start);
  const pending = {
    transitionId: transition.id,
    executionId: execution.executionId,
    since: facts.now,
    ...(request.data === undefined ? {} : { patch: request.data }),
  };
  const cause = { transitionId: transition.id, executionId: execution.executionId };
  const changed = change(progress, { pending, executionCount: token.executionCount + 1 }, [
    { type: 'TRANSITION_STARTED', ...cause },
    { type: 'EXECUTION_STARTED', ...cause, details: { agentId: execution.agentId } },
  ]);
  return ask(changed, { type: 'start-execution', execution });
}

function executionRequest({ token, facts }: Progress, { transition, agent, request }: AgentStart): ExecutionRequest {
  const executionId = executionIdOf({
    tokenId: token.id,
    startedBy: transition.id,
    number: token.executionCount + 1,
    ...(facts.executionIdSuffix === undefined ? {} : { suffix: facts.executionIdSuffix }),
  });
  return {
    executionId,
    agentId: agent.agentId,
    ...(agent.agentVersion === undefined ? {} : { agentVersion: agent.agentVersion }),
    input: mapInput(agent.inputMapping, fieldsAfter(token, request)),
    token: {
      id: token.id,
      workflowId: token.workflowId,
      place: token.place,
      metadata: token.metadata,
      transitionCount: token.transitionCount,
      transitionId: transition.id,
    },
    overrides: overridesOf(agent),
  };
}

function overridesOf(agent: AgentTransition): ExecutionOverrides {
  const outputs = structuredOutputs(agent.outputMapping);
  return {
    ...(agent.model === undefined ? {} : { model: agent.model }),
    ...(agent.llmConfig === undefined ? {} : { llmConfig: agent.llmConfig }),
    ...(agent.timeoutSeconds === undefined ? {} : { timeoutSeconds: agent.timeoutSeconds }),
    ...(agent.retryConfig === undefined ? {} : { retryConfig: agent.retryConfig }),
    ...(outputs.length === 0 ? {} : { outputs }),
  };
}
