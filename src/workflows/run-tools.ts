import { proxyActivities, workflowInfo } from '@temporalio/workflow';

import type { Activities, PreparedAgent, ToolRun } from '../contract/activities.js';
import { LONGEST_TOOL_SECONDS } from '../core/agents/tool-offer.js';
import type { ExecutionRequest } from '../core/executions/execution.js';
import type { ToolCall } from '../core/executions/turn.js';
import { summaryOf } from '../contract/summary.js';
import { taskQueues } from '../contract/messages.js';
import { quickly } from './perform.js';

/** For what the activity does besides the call: it asks storage for the turn and stores the outcome. */
const GRACE_SECONDS = 600;

interface CallingTurn {
  readonly turn: number;
  readonly calls: readonly ToolCall[];
}

/** Runs the tools that a turn asked for, side by side, and adds their results to the conversation in the order of the calls. */
export async function runTools(
  { executionId, token }: ExecutionRequest,
  { conversationId, tools = [] }: PreparedAgent,
  { turn, calls }: CallingTurn,
): Promise<{ readonly messageCount: number; readonly warnings: readonly string[] }> {
  const whose = token === undefined ? {} : { token: { id: token.id, workflowId: token.workflowId } };
  const finished = await Promise.all(
    calls.map(({ name: tool }, index) =>
      runTool({ executionId, turn, index, tool, isGiven: tools.includes(tool), ...whose }),
    ),
  );
  const timestamp = new Date().toISOString();
  const messageCount = await quickly('continueWithResults', { executionId, conversationId, turn, timestamp });
  return { messageCount, warnings: finished.flatMap(({ warning }) => warning ?? []) };
}

async function runTool(run: ToolRun) {
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
