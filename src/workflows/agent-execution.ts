import { allHandlersFinished, CancellationScope, condition, proxyActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities, ExecutionEnd, ModelCall, PreparedAgent, TurnAnswer } from '../contract/activities.js';
import { decideTurn, repairMessages, totalUsage, type TurnPlace } from '../core/executions/agent-turn.js';
import type { EndedStatus, ExecutionRequest, ExecutionResult } from '../core/executions/execution.js';
import { carriedResult } from '../contract/carried-result.js';
import { summaryOf } from '../contract/summary.js';
import { executionFailure, finalCause, finalFailure } from '../contract/failures.js';
import { Approvals } from './approvals.js';
import { inBatch } from './batched-turn.js';
import { noted } from './failure-in-log.js';
import { quickly } from './perform.js';
import { refuseForeignRequest } from './read-messages.js';
import { runTools, type ToolSurroundings } from './run-tools.js';
import { showSearchAttributes } from './show-in-temporal.js';
import { searchAttributes, searchValue } from '../contract/search-attributes.js';
import { WorkTime } from './work-time.js';

/** Time that an activity gets beyond the bound it keeps itself: for storing what it has. */
const GRACE_SECONDS = 10;

/** One run of one agent: its id is this Temporal workflow's id. Fails with the error code of what made it fail. */
export async function agentExecution(request: ExecutionRequest): Promise<ExecutionResult> {
  refuseForeignRequest(request, workflowInfo().workflowId);
  show(request, 'RUNNING');
  const approvals = new Approvals((status) => {
    show(request, status);
  });
  approvals.takeAnswers();
  const turns: TurnAnswer[] = [];
  try {
    const prepared = await quickly('prepareAgent', request);
    const workTime = workTimeOf(prepared);
    const talk = () => converse({ request, prepared, approvals, workTime }, turns);
    const answer = await (workTime === undefined ? talk() : workTime.within(talk));
    approvals.end();
    const result = resultOf(request, prepared, { answer, turns });
    await end(request, turns, { status: 'COMPLETED', ...result, completedAt: result.timestamp });
    return carriedResult(result);
  } catch (error) {
    approvals.end();
    const failure = executionFailure(error);
    // What is stored under its id is another's: not its to end.
    if (failure.errorCode === 'ALREADY_EXISTS') throw noted(finalCause(error));
    const completedAt = new Date().toISOString();
    // Cancelled or not, the stream has to end and the execution has to say how.
    await CancellationScope.nonCancellable(() => end(request, turns, { ...failure, completedAt }));
    throw failure.status === 'CANCELLED'
      ? error
      : noted(finalFailure({ code: failure.errorCode, message: failure.errorMessage }));
  } finally {
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

/**
 * Undefined where Temporal alone ends the execution: an earlier version of this program began it so. Whoever starts it otherwise
 * gives it a time that leaves room for people, or, as a plain client, none.
 */
function workTimeOf({ deadlineSeconds, keepsDeadline }: PreparedAgent): WorkTime | undefined {
  const isTimed = keepsDeadline === true || workflowInfo().executionTimeoutMs === undefined;
  return deadlineSeconds === undefined || !isTimed ? undefined : new WorkTime(deadlineSeconds);
}

/** Takes turns until one is the answer. Each that was finished is in `turns`, also when a later one fails. */
async function converse(surroundings: ToolSurroundings, turns: TurnAnswer[]): Promise<TurnAnswer> {
  const { request, prepared } = surroundings;
  let later: ModelCall['later'];
  let hasRepaired = false;
  for (;;) {
    const turn = turns.length + 1;
    const answer = await takeTurn(surroundings, { turn, ...(later === undefined ? {} : { later }) });
    turns.push(answer);
    const step = decideTurn(answer, { ...placeIn(prepared, turns), hasRepaired });
    switch (step.type) {
      case 'finish':
        return answer;
      case 'fail':
        throw finalFailure(step);
      case 'call-tools': {
        const { messageCount, warnings } = await runTools(surroundings, { turn, calls: step.calls });
        turns[turns.length - 1] = { ...answer, warnings: [...answer.warnings, ...warnings] };
        later = { messageCount, reason: 'tools' };
        break;
      }
      case 'repair': {
        const { conversationId } = prepared;
        const mark = { timestamp: new Date().toISOString(), executionId: request.executionId, turn };
        const messages = repairMessages(answer, step.request, mark);
        const messageCount = await quickly('continueConversation', { conversationId, messages });
        later = { messageCount, reason: 'repair' };
        hasRepaired = true;
      }
    }
  }
}

function placeIn(prepared: PreparedAgent, turns: readonly TurnAnswer[]): Omit<TurnPlace, 'hasRepaired'> {
  const { maxTurns, maxToolCalls } = prepared;
  return {
    turn: turns.length,
    maxTurns,
    toolCallsBefore: turns.slice(0, -1).reduce((sum, { toolCalls }) => sum + toolCalls.length, 0),
    ...(maxToolCalls === undefined ? {} : { maxToolCalls }),
  };
}

async function takeTurn(
  { request, prepared, workTime }: ToolSurroundings,
  which: Pick<ModelCall, 'turn' | 'later'>,
): Promise<TurnAnswer> {
  const { executionId, overrides = {} } = request;
  const call = { executionId, ...which, prepared, overrides };
  const { invokeModel } = proxyActivities<Pick<Activities, 'invokeModel'>>({
    startToCloseTimeout: (prepared.timeoutSeconds + GRACE_SECONDS) * 1000,
    heartbeatTimeout: '5s',
    // No maximum: the activity itself says when a failure is final, and lost attempts must not use up the budget.
    retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '2s' },
    cancellationType: 'TRY_CANCEL',
    summary: summaryOf(`Turn ${which.turn}: ${prepared.provider} ${prepared.model}`),
  });
  return await inBatch(call, workTime, invokeModel);
}

function resultOf(
  request: ExecutionRequest,
  prepared: PreparedAgent,
  { answer, turns }: { readonly answer: TurnAnswer; readonly turns: readonly TurnAnswer[] },
): ExecutionResult {
  return {
    executionId: request.executionId,
    agentId: prepared.agentId,
    agentVersion: prepared.agentVersion,
    model: answer.model,
    response: answer.text,
    ...(answer.output === undefined ? {} : { output: answer.output }),
    ...(answer.outputAt === undefined ? {} : { outputAt: answer.outputAt }),
    usage: totalUsage(turns.map(({ usage }) => usage)),
    timestamp: new Date().toISOString(),
  };
}

type Ending = Omit<ExecutionEnd, 'executionId' | 'turn'>;

/** Records the end, with what the turns before it have cost and said. */
async function end(request: ExecutionRequest, turns: readonly TurnAnswer[], how: Ending): Promise<void> {
  show(request, how.status);
  const warnings = [...new Set(turns.flatMap((answer) => answer.warnings))];
  await quickly('recordExecution', {
    ...how,
    executionId: request.executionId,
    turn: Math.max(1, turns.length),
    ...(turns.length === 0 ? {} : { usage: totalUsage(turns.map(({ usage }) => usage)), warnings }),
  });
}

function show(request: ExecutionRequest, status: EndedStatus | 'RUNNING' | 'WAITING_FOR_APPROVAL'): void {
  showSearchAttributes([
    { key: searchAttributes.agent, value: searchValue(request.agentId) },
    { key: searchAttributes.status, value: status },
    ...(request.token === undefined
      ? []
      : [{ key: searchAttributes.workflow, value: searchValue(request.token.workflowId) }]),
  ]);
}
