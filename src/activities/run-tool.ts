import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';

import { CircuitBreakerError } from '../core/errors.js';
import { refusalForModel } from '../core/executions/tool-approval.js';
import { failed, shownToViewers, type ToolOutcome } from '../core/executions/tool-call.js';
import { MAX_LOST_ATTEMPTS } from '../core/executions/turn-retry.js';
import type { ToolCall } from '../core/executions/turn.js';
import { isJsonObject } from '../core/json/json.js';
import { finalFailure } from '../contract/failures.js';
import type { FinishedToolCall, ToolRun } from '../contract/activities.js';
import type { Tool } from '../tools/tool.js';
import type { ActivityParts } from './activity-parts.js';
import { isToBeAsked, refusedWithoutApproval } from './call-approval.js';
import { persistently } from './persistently.js';
import { storedTurn } from './stored-turn.js';
import { ToolAttempt } from './tool-attempt.js';
import { traceTool } from './trace-tool.js';

const BEAT_EVERY_MS = 1000;
/** How long a call waits for a worker that has its tool: as long as workers may be away while they are replaced. */
const NO_WORKER_PATIENCE_MS = 300_000;

/**
 * Runs one tool that a turn asked for. What came of it is stored before this resolves, and a call of which that is known is
 * not made again. A tool that the agent does not have is not run, whatever its model asks for; one that a person has to approve is
 * not run before that, and what comes of a rejection is that it was rejected. A call whose worker died is made again where its
 * tool is idempotent; otherwise its outcome is unknown.
 */
export async function runTool(parts: ActivityParts, run: ToolRun): Promise<FinishedToolCall> {
  const context = Context.current();
  const beat = setInterval(() => {
    context.heartbeat();
  }, BEAT_EVERY_MS);
  try {
    context.heartbeat();
    return await perform(parts, run, context);
  } catch (error) {
    throw unforeseen(parts, run, error);
  } finally {
    clearInterval(beat);
  }
}

async function perform(parts: ActivityParts, run: ToolRun, context: Context): Promise<FinishedToolCall> {
  const signal = context.cancellationSignal;
  const { toolCalls } = await persistently(signal, () => storedTurn(parts, run));
  const wanted = toolCalls[run.index];
  if (wanted === undefined)
    throw finalFailure({ code: 'invalid_request', message: 'The turn asked for no such call.' });
  const decision = typeof run.approval === 'object' ? run.approval : undefined;
  if (decision !== undefined && decision.decision !== 'approved') {
    return await finish(parts, { run, call: wanted, context }, failed(refusalForModel(decision)));
  }
  const tool = run.isGiven ? parts.tools.get(run.tool) : undefined;
  if (run.isGiven && tool === undefined && (await isOffered(parts, run, context))) throw notHere(run);
  const call = { ...wanted, arguments: decision?.arguments ?? wanted.arguments };
  if (tool !== undefined && (await isToBeAsked(tool, run, call))) return { needsApproval: true };
  const { info } = context;
  const mark = `${info.workflowExecution?.runId ?? ''}/${info.activityId}/${info.attempt}`;
  const begun = await persistently(signal, () => parts.storage.tools.beginCall(run, mark));
  if (begun.outcome !== undefined) {
    traceTool(parts, { run, call }, begun.outcome);
    return finishedCall(run, begun.outcome);
  }
  const outcome = await attempt({ parts, run, call, tool, context }, begun.attempts);
  const changed = decision?.arguments === undefined ? {} : { changedArguments: decision.arguments };
  return await finish(parts, { run, call, context }, { ...outcome, ...changed });
}

/** Stores what came of a call, unless something is stored already, and tells viewers. */
async function finish(
  parts: ActivityParts,
  { run, call, context }: Pick<Attempt, 'run' | 'call' | 'context'>,
  outcome: ToolOutcome,
): Promise<FinishedToolCall> {
  const kept = await persistently(context.cancellationSignal, () => parts.storage.tools.endCall(run, outcome));
  traceTool(parts, { run, call }, kept);
  const about = { toolName: call.name, toolCallId: call.id };
  const approval = typeof run.approval === 'object' ? { approval: run.approval } : {};
  await parts.tellTools(run, [{ eventType: 'tool_result', ...about, result: shownToViewers(kept), ...approval }]);
  return finishedCall(run, kept);
}

interface Attempt {
  readonly parts: ActivityParts;
  readonly run: ToolRun;
  readonly call: ToolCall;
  readonly tool: Tool | undefined;
  readonly context: Context;
}

async function attempt({ parts, run, call, tool, context }: Attempt, attempts: number): Promise<ToolOutcome> {
  if (tool === undefined) {
    const what = run.isGiven
      ? `No worker that has the tool "${run.tool}" took the call`
      : `There is no tool "${run.tool}"`;
    return failed(`${what}. Use one of those that you were given, or go on without it.`);
  }
  const refusal = refusedWithoutApproval(tool, run, call);
  if (refusal !== undefined) return failed(refusal);
  if (attempts > 1 && !isRepeatable(tool, call)) return unknown('its worker ended in the middle of it');
  if (attempts > MAX_LOST_ATTEMPTS + 1) return unknown(`${attempts - 1} workers ended in the middle of it`);
  return await new ToolAttempt(parts, run, context).call(tool, call);
}

function isRepeatable(tool: Tool, { arguments: given }: ToolCall): boolean {
  return tool.idempotent || (isJsonObject(given) && tool.isRepeatable?.(given) === true);
}

function unknown(why: string): ToolOutcome {
  const advice = 'Do not call it again for the same purpose before you have found out.';
  return { type: 'unknown', message: `Nobody knows whether the call had its effect: ${why}. ${advice}` };
}

function finishedCall({ tool, turn }: ToolRun, outcome: ToolOutcome): FinishedToolCall {
  if (outcome.type !== 'unknown') return {};
  return { warning: `Tool "${tool}", called in turn ${turn}: nobody knows whether the call had its effect.` };
}

/** Whether another worker may have the tool: then the call waits for it a while. */
async function isOffered(parts: ActivityParts, run: ToolRun, { info, cancellationSignal }: Context): Promise<boolean> {
  if (Date.now() - info.scheduledTimestampMs > NO_WORKER_PATIENCE_MS) return false;
  const offers = await persistently(cancellationSignal, () => parts.storage.tools.offers());
  return offers.some(({ name }) => name === run.tool);
}

function notHere({ tool }: ToolRun): Error {
  return ApplicationFailure.retryable(`This worker has no tool "${tool}": another one may.`, 'UNAVAILABLE');
}

/** A defect of ours would be repeated for ever: it ends the execution, and the log says what it was. */
function unforeseen(parts: ActivityParts, run: ToolRun, error: unknown): unknown {
  const kinds = [CancelledFailure, ApplicationFailure, CircuitBreakerError];
  if (kinds.some((kind) => error instanceof kind)) return error;
  const { executionId, turn, tool } = run;
  parts.logger.error({ executionId, turn, tool, err: error }, 'a tool could not be run in a way that nobody foresaw');
  const message = `The call of tool "${tool}" failed unexpectedly; the log of the worker says more.`;
  return finalFailure({ code: 'tool_failed', message });
}
