import { CancellationScope, proxyActivities, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

import type { Activities, ExecutionEnd, PreparedAgent, TurnAnswer } from '../activities/activities.js';
import { decideTurn } from '../core/agent-turn.js';
import type { EndedStatus, ExecutionRequest, ExecutionResult } from '../core/execution.js';
import { executionFailure, finalFailure } from './failures.js';
import { quickly } from './perform.js';
import { searchAttributes } from './search-attributes.js';

/** Time that an activity gets beyond the bound it keeps itself: for storing what it has. */
const GRACE_SECONDS = 10;

/** One run of one agent: its id is this Temporal workflow's id. Fails with the error code of what made it fail. */
export async function agentExecution(request: ExecutionRequest): Promise<ExecutionResult> {
  show(request, 'RUNNING');
  try {
    const prepared = await quickly('prepareAgent', request);
    const answer = await takeTurn(request, prepared, 1);
    const result = resultOf(request, prepared, answer);
    await end(request, { status: 'COMPLETED', turn: answer.turn, ...result, completedAt: result.timestamp });
    return result;
  } catch (error) {
    const failure = executionFailure(error);
    const completedAt = new Date().toISOString();
    // Cancelled or not, the stream has to end and the execution has to say how.
    await CancellationScope.nonCancellable(() => end(request, { turn: 1, ...failure, completedAt }));
    throw failure.status === 'CANCELLED'
      ? error
      : finalFailure({ code: failure.errorCode, message: failure.errorMessage });
  }
}

async function takeTurn(request: ExecutionRequest, prepared: PreparedAgent, turn: number): Promise<TurnAnswer> {
  const { invokeModel } = proxyActivities<Pick<Activities, 'invokeModel'>>({
    startToCloseTimeout: (prepared.timeoutSeconds + GRACE_SECONDS) * 1000,
    heartbeatTimeout: '5s',
    // No maximum: the activity itself says when a failure is final, and lost attempts must not use up the budget.
    retry: { initialInterval: '100ms', backoffCoefficient: 2, maximumInterval: '2s' },
    cancellationType: 'TRY_CANCEL',
    summary: `${prepared.provider} ${prepared.model}, turn ${turn}`,
  });
  const { executionId, overrides = {} } = request;
  const answer = await invokeModel({ executionId, turn, prepared, overrides });
  const step = decideTurn(answer);
  switch (step.type) {
    case 'finish':
      return answer;
    case 'fail':
      throw finalFailure(step);
  }
}

function resultOf(request: ExecutionRequest, prepared: PreparedAgent, answer: TurnAnswer): ExecutionResult {
  return {
    executionId: request.executionId,
    agentId: prepared.agentId,
    agentVersion: prepared.agentVersion,
    model: answer.model,
    response: answer.text,
    ...(answer.output === undefined ? {} : { output: answer.output }),
    usage: answer.usage,
    timestamp: new Date().toISOString(),
  };
}

async function end(request: ExecutionRequest, how: Omit<ExecutionEnd, 'executionId'>): Promise<void> {
  show(request, how.status);
  await quickly('recordExecution', { ...how, executionId: request.executionId });
}

function show(request: ExecutionRequest, status: EndedStatus | 'RUNNING'): void {
  const wanted = [
    { key: searchAttributes.agent, value: request.agentId },
    { key: searchAttributes.status, value: status },
    ...(request.token === undefined ? [] : [{ key: searchAttributes.workflow, value: request.token.workflowId }]),
  ];
  const shown = workflowInfo().typedSearchAttributes;
  const changed = wanted.filter(({ key, value }) => shown.get(key) !== value);
  if (changed.length > 0) upsertSearchAttributes(changed);
}
