import { offBlockers } from './agent-mode.js';
import { fieldsAfter } from './find-blockers.js';
import type { ExecutionOutcome } from './decision.js';
import { activeAgent, findTransition, type AgentTransition, type Transition } from '../definitions/definition.js';
import type { ExecutionResult } from '../executions/execution.js';
import { mapOutput, type Mapped } from '../executions/mapping.js';
import type { TokenFields } from '../json/path.js';
import { change, tell, withToken, type Progress } from './progress.js';
import { MAX_AUTOMATIC_STEPS, settle } from './settle.js';
import { endPlaceAgent } from './end-place-agent.js';
import { placeAgentPath, shadowDetails, transitionPath, withoutShadow } from './shadow.js';
import { ownValue } from '../json/json.js';
import { runningPlaceAgent } from './place-agent-runs.js';
import { move, takeTransition } from './take-transition.js';
import { tokenTooLarge } from '../tokens/token-size.js';
import type { Incident, PendingTransition, Token } from '../tokens/token.js';

interface Ended {
  readonly executionId: string;
  readonly outcome: ExecutionOutcome;
}

/** Applies the outcome of an execution that the token runs; any other is told and discarded. */
export function endExecution(progress: Progress, ended: Ended): Progress {
  const { executionId } = ended;
  const outcome = startsAnew(progress) ? ended.outcome : asFailure(ended);
  const { token, definition } = progress;
  const { pending } = token;
  const details = outcomeDetails(outcome);
  const placeAgent = runningPlaceAgent(definition, token, executionId);
  if (placeAgent !== undefined) {
    const placeAgentId = placeAgent.agent.id;
    const shadow =
      placeAgent.runs.shadow === true ? shadowDetails(placeAgentPath(progress, placeAgent.agent, outcome)) : {};
    const told = tell(progress, [
      { type: 'EXECUTION_FINISHED', executionId, details: { ...details, placeAgentId, ...shadow } },
    ]);
    return endPlaceAgent(told, { ...placeAgent, executionId }, outcome);
  }
  const shadowed = ownValue(token.shadows ?? {}, executionId);
  if (shadowed !== undefined) return endShadow(progress, { executionId, outcome }, shadowed);
  if (pending?.executionId !== executionId) {
    return tell(progress, [{ type: 'EXECUTION_FINISHED', executionId, details: { ...details, discarded: true } }]);
  }
  const transition = findTransition(definition, pending.transitionId);
  const agent = transition && activeAgent(transition);
  const told = tell(progress, [
    { type: 'EXECUTION_FINISHED', transitionId: pending.transitionId, executionId, details },
  ]);
  if (transition === undefined || agent === undefined) return told;
  return concludeTransition(told, { transition, agent, pending }, outcome);
}

/** Tells how the agent that ran in the shadow of a transition ended, and what the token would have done with its output. */
function endShadow(progress: Progress, { executionId, outcome }: Ended, transitionId: string): Progress {
  const transition = findTransition(progress.definition, transitionId);
  const details = { ...outcomeDetails(outcome), ...shadowDetails(transitionPath(progress, transition, outcome)) };
  return tell(withoutShadow(progress, executionId), [
    { type: 'EXECUTION_FINISHED', transitionId, executionId, details },
  ]);
}

interface Running {
  readonly transition: Transition;
  readonly agent: AgentTransition;
  readonly pending: PendingTransition;
}

function concludeTransition(progress: Progress, running: Running, outcome: ExecutionOutcome): Progress {
  switch (outcome.status) {
    case 'succeeded':
      return succeed(progress, running, outcome.result);
    case 'failed':
      return fail(progress, running, { code: outcome.errorCode, message: outcome.message });
    case 'cancelled':
      // Someone wanted it to stop: were the token to go on by itself now, an automatic transition would start it again.
      return change(progress, { pending: undefined }, [
        { type: 'UPDATED', ...causeOf(running), details: { cancelled: true } },
      ]);
    case 'id-taken':
      return startAgain(progress, running);
  }
}

/** Whether what never began, because something else has its id, may begin under another: not for ever. */
function startsAnew({ token, facts }: Progress): boolean {
  return facts.joinsExecutionIds !== true && token.automaticSteps < MAX_AUTOMATIC_STEPS;
}

function asFailure({ executionId, outcome }: Ended): Exclude<ExecutionOutcome, { status: 'id-taken' }> {
  if (outcome.status !== 'id-taken') return outcome;
  return {
    status: 'failed',
    errorCode: 'ALREADY_EXISTS',
    message: `The id "${executionId}" is taken by something else.`,
  };
}

/** The same under the next id, with token and agent as they are now. One that is required and was turned off meanwhile is not passed by. */
function startAgain(progress: Progress, running: Running): Progress {
  const { transition, pending } = running;
  const { patch } = pending;
  const [off] = offBlockers(transition, progress.token);
  if (off !== undefined)
    return stay(progress, running, {
      code: 'ALREADY_EXISTS',
      message: `something else has its id, and ${off.message}`,
    });
  const counted = withToken(progress, { automaticSteps: progress.token.automaticSteps + 1 });
  return takeTransition(counted, transition, patch === undefined ? {} : { data: patch });
}

function succeed(progress: Progress, running: Running, result: ExecutionResult): Progress {
  const patched = patchedFields(progress.token, running.pending);
  const mapped = mapWithinLimits(running.agent, result, patched);
  if (!mapped.ok) return fail(progress, running, { code: 'output_mapping_failed', message: mapped.reason });
  return settle(move(progress, running.transition, { ...mapped.value, executionId: result.executionId }));
}

function mapWithinLimits(agent: AgentTransition, result: ExecutionResult, fields: TokenFields): Mapped<TokenFields> {
  const mapped = mapOutput(agent.outputMapping, result, fields);
  const tooLarge = mapped.ok ? tokenTooLarge(mapped.value) : undefined;
  return tooLarge === undefined ? mapped : { ok: false, reason: tooLarge };
}

/** A required agent that failed keeps the token where it is; without an optional one it moves all the same. */
function fail(progress: Progress, running: Running, failure: Pick<Incident, 'code' | 'message'>): Progress {
  const { transition, pending } = running;
  if (!running.agent.required) {
    const note = `without its agent's output: ${failure.code}`;
    const fields = patchedFields(progress.token, pending);
    const tooLarge = progress.facts.countsDataOnly === true ? undefined : tokenTooLarge(fields);
    if (tooLarge !== undefined) return stay(progress, running, { code: 'TOKEN_TOO_LARGE', message: tooLarge });
    return settle(move(progress, transition, { ...fields, executionId: pending.executionId, note }));
  }
  return stay(progress, running, failure);
}

function stay(progress: Progress, running: Running, failure: Pick<Incident, 'code' | 'message'>): Progress {
  const { patch } = running.pending;
  const incident = {
    ...failure,
    ...causeOf(running),
    since: progress.facts.now,
    ...(patch === undefined ? {} : { patch }),
  };
  return change(progress, { pending: undefined, incident }, [
    { type: 'INCIDENT_RAISED', ...causeOf(running), details: { ...failure } },
  ]);
}

function patchedFields(token: Token, pending: PendingTransition): TokenFields {
  return fieldsAfter(token, pending.patch === undefined ? {} : { data: pending.patch });
}

function causeOf({ transition, pending }: Running): { transitionId: string; executionId: string } {
  return { transitionId: transition.id, executionId: pending.executionId };
}

function outcomeDetails(outcome: ExecutionOutcome): Record<string, string> {
  return outcome.status === 'failed'
    ? { status: outcome.status, errorCode: outcome.errorCode, message: outcome.message }
    : { status: outcome.status };
}
