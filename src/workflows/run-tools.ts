import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities, FinishedToolCall, PreparedAgent, ToolRun } from '../contract/activities.js';
import { DEFAULT_APPROVAL_TIMEOUT_SECONDS } from '../core/agents/approval-required.js';
import { LONGEST_TOOL_SECONDS } from '../core/agents/tool-offer.js';
import { isAmongTools } from '../core/agents/tool-pattern.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { ToolCall } from '../core/executions/turn.js';
import { isJsonObject } from '../core/json/json.js';
import { finalFailure } from '../contract/failures.js';
import { summaryOf } from '../contract/summary.js';
import { taskQueues } from '../contract/messages.js';
import type { Approvals } from './approvals.js';
import { quickly } from './perform.js';
import { waitSeconds, type WorkTime } from './work-time.js';

/** For what the activity does besides the call: it asks storage for the turn and stores the outcome. */
const GRACE_SECONDS = 600;

interface CallingTurn {
  readonly turn: number;
  readonly calls: readonly ToolCall[];
}

/** What the calls of an execution need of it. */
export interface ToolSurroundings {
  readonly request: ExecutionRequest;
  readonly prepared: PreparedAgent;
  readonly approvals: Approvals;
  readonly workTime: WorkTime | undefined;
}

/**
 * Runs the tools that a turn asked for, side by side, and adds their results to the conversation in the order of the calls. A
 * call that a person has to approve waits; the others do not wait for it. Throws `approval_rejected` where a person says stop.
 */
export async function runTools(
  surroundings: ToolSurroundings,
  { turn, calls }: CallingTurn,
): Promise<{ readonly messageCount: number; readonly warnings: readonly string[] }> {
  const { executionId } = surroundings.request;
  const scope = new CancellationScope();
  const stop = () => {
    scope.cancel();
  };
  const finished = await scope.run(() =>
    Promise.all(calls.map((call, index) => perform(surroundings, call, { turn, index, stop }))),
  );
  const timestamp = new Date().toISOString();
  const { conversationId } = surroundings.prepared;
  const messageCount = await quickly('continueWithResults', { executionId, conversationId, turn, timestamp });
  return { messageCount, warnings: finished.flatMap(({ warning }) => warning ?? []) };
}

interface Place {
  readonly turn: number;
  readonly index: number;
  /** Cancels the calls beside it. */
  readonly stop: () => void;
}

async function perform(surroundings: ToolSurroundings, call: ToolCall, place: Place): Promise<FinishedToolCall> {
  const run = toolRun(surroundings, call, place);
  const finished = await runTool(run);
  if (finished.needsApproval !== true) return finished;
  const decision = await askPerson(surroundings, call, place);
  if (decision.stop === true) {
    place.stop();
    const why = decision.reason === undefined ? '' : `: ${decision.reason}`;
    const message = `A person rejected the call of tool "${call.name}" and stopped the execution${why}`;
    throw finalFailure({ code: 'approval_rejected', message });
  }
  return await runTool({ ...run, approval: decision });
}

function toolRun({ request, prepared }: ToolSurroundings, { name: tool }: ToolCall, { turn, index }: Place): ToolRun {
  const { executionId, token } = request;
  const { tools = [], approvalRequired } = prepared;
  const whose = token === undefined ? {} : { token: { id: token.id, workflowId: token.workflowId } };
  const needed = approvalRequired === undefined ? undefined : isAmongTools(approvalRequired, tool);
  return {
    ...{ executionId, turn, index, tool, isGiven: isAmongTools(tools, tool), ...whose },
    ...(needed === undefined ? {} : { approval: needed ? 'always' : 'if-needed' }),
  };
}

/** Asks for as long as its agent says, and the time of the work stands still meanwhile. */
async function askPerson({ request, prepared, approvals, workTime }: ToolSurroundings, call: ToolCall, place: Place) {
  const { turn, index } = place;
  const { approvalTimeoutSeconds = DEFAULT_APPROVAL_TIMEOUT_SECONDS, deadlineSeconds = 0 } = prepared;
  const seconds = waitSeconds(approvalTimeoutSeconds, workTime, deadlineSeconds);
  const args = isJsonObject(call.arguments) ? call.arguments : {};
  const about = { executionId: request.executionId, turn, index, toolCallId: call.id, toolName: call.name };
  const ask = () => approvals.ask({ ...about, arguments: args }, seconds);
  return await (workTime === undefined ? ask() : workTime.pausedFor(ask));
}

async function runTool(run: ToolRun): Promise<FinishedToolCall> {
  const activities = proxyActivities<Pick<Activities, 'runTool'>>({
    taskQueue: taskQueues(workflowInfo().taskQueue).tools,
    // The activity keeps the tool's own bound, which only workers know: this is for what it cannot.
    startToCloseTimeout: (LONGEST_TOOL_SECONDS + GRACE_SECONDS) * 1000,
    heartbeatTimeout: '5s',
    // No maximum: what a tool does is an outcome, and only lost attempts and backends that are away are repeated.
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '2s' },
    cancellationType: 'TRY_CANCEL',
    summary: summaryOf(`Turn ${run.turn}: ${run.tool}`),
  });
  return await activities.runTool(run);
}
