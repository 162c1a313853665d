import { CancellationScope, condition, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';

import type { Activities, ApprovalRecord } from '../contract/activities.js';
import { finalFailure, isFinalFailure } from '../contract/failures.js';
import {
  approveToolCallUpdate,
  pendingApprovalsQuery,
  rejectToolCallUpdate,
  taskQueues,
} from '../contract/messages.js';
import { summaryOf } from '../contract/summary.js';
import { validationFailed } from '../core/errors.js';
import { judgeAnswer, type ApprovalAnswer, type ToolApproval } from '../core/executions/tool-approval.js';
import type { JsonObject } from '../core/json/json.js';
import type { ToolDecision } from '../core/streams/tool-decision.js';
import { quickly, throughHistory } from './perform.js';
import { approvals as approving, rejections as rejecting } from './read-messages.js';
import { takesTurns } from './turns.js';

export type AskedCall = Omit<ToolApproval, 'requestedAt' | 'expiresAt' | 'decision'>;

/** What an execution asks people about its calls of tools, and what they say: the truth of which storage keeps a copy. */
export class Approvals {
  readonly #show: (status: 'RUNNING' | 'WAITING_FOR_APPROVAL') => void;
  /** By the id of the call. */
  readonly #known = new Map<string, ToolApproval>();
  #recorded: Promise<void> = Promise.resolve();
  #records = 0;
  #isEnded = false;

  constructor(show: (status: 'RUNNING' | 'WAITING_FOR_APPROVAL') => void) {
    this.#show = show;
  }

  /** Before the first await of its workflow: an update that finds no handler is rejected. */
  takeAnswers(): void {
    setHandler(pendingApprovalsQuery, () => this.#pending);
    setHandler(approveToolCallUpdate, (message) => this.#take({ type: 'approve', ...approving.read(message) }), {
      validator: (message) => {
        this.#judge({ type: 'approve', ...approving.check(message) });
      },
    });
    setHandler(rejectToolCallUpdate, (message) => this.#take({ type: 'reject', ...rejecting.read(message) }), {
      validator: (message) => {
        this.#judge({ type: 'reject', ...rejecting.check(message) });
      },
    });
  }

  /** Waits for what a person says of a call; when the time is over, silence says it. Both are recorded by then. */
  async ask(call: AskedCall, seconds: number): Promise<ToolDecision> {
    const { toolCallId } = call;
    const now = Date.now();
    const expiresMs = now + seconds * 1000;
    this.#known.set(toolCallId, { ...call, requestedAt: rfc3339(now), expiresAt: rfc3339(expiresMs) });
    await this.#record(toolCallId);
    const summary = summaryOf(`A person is asked: ${call.toolName}`);
    await condition(() => this.#decisionOn(toolCallId) !== undefined, Math.max(expiresMs - Date.now(), 1), { summary });
    // Who answers at the moment at which the time is over was in time.
    const decision = this.#decisionOn(toolCallId) ?? this.#expire(toolCallId);
    await this.#recorded;
    return decision;
  }

  /** From now on nothing waits: the execution has ended. */
  end(): void {
    this.#isEnded = true;
  }

  get #pending(): readonly ToolApproval[] {
    return this.#isEnded ? [] : [...this.#known.values()].filter(({ decision }) => decision === undefined);
  }

  #decisionOn(toolCallId: string): ToolDecision | undefined {
    return this.#known.get(toolCallId)?.decision;
  }

  /** Throws the failure that says why the answer counts for nothing. */
  #judge(answer: ApprovalAnswer) {
    const state = { now: rfc3339(Date.now()), isEnded: this.#isEnded };
    const verdict = judgeAnswer(this.#known.get(answer.toolCallId), answer, state);
    if (verdict.type === 'refused') throw finalFailure(verdict);
    return verdict;
  }

  async #take(answer: ApprovalAnswer): Promise<ToolApproval> {
    return await CancellationScope.nonCancellable(async () => {
      const { type, approval } = this.#judge(answer);
      const { decision, toolName } = approval;
      if (type === 'decided' && decision.arguments !== undefined) await refuseUnfit(toolName, decision.arguments);
      // Meanwhile another person may have been faster.
      return await this.#decide(answer);
    });
  }

  async #decide(answer: ApprovalAnswer): Promise<ToolApproval> {
    const { type, approval } = this.#judge(answer);
    if (type === 'again') {
      await this.#recorded;
    } else {
      this.#known.set(approval.toolCallId, approval);
      await this.#record(approval.toolCallId);
    }
    return approval;
  }

  #expire(toolCallId: string): ToolDecision {
    const decision: ToolDecision = { decision: 'expired', decidedAt: rfc3339(Date.now()) };
    const approval = this.#known.get(toolCallId);
    if (approval !== undefined) this.#known.set(toolCallId, { ...approval, decision });
    void this.#record(toolCallId);
    return decision;
  }

  /** One after the other: the status that is recorded last is the one that holds. */
  #record(toolCallId: string): Promise<void> {
    const record = async () => {
      const approval = this.#known.get(toolCallId);
      if (approval === undefined) return;
      const status = this.#pending.length > 0 ? 'WAITING_FOR_APPROVAL' : 'RUNNING';
      if (!this.#isEnded) this.#show(status);
      const said: ApprovalRecord = { approval, status };
      // People are in no hurry, and what starts and stops meanwhile must not depend on when a quick try ends.
      if (takesTurns()) await throughHistory('recordApproval', said, ++this.#records);
      else await quickly('recordApproval', said);
    };
    this.#recorded = this.#recorded.catch(() => undefined).then(() => CancellationScope.nonCancellable(record));
    // Whoever waits for it is told; an answer that nobody waits for any more is none of a failed task.
    this.#recorded.catch(() => undefined);
    return this.#recorded;
  }
}

/** Asks a worker that has the tool. Throws VALIDATION_FAILED where the arguments do not fit. */
async function refuseUnfit(tool: string, args: JsonObject): Promise<void> {
  const { checkArguments } = proxyActivities<Pick<Activities, 'checkArguments'>>({
    taskQueue: taskQueues(workflowInfo().taskQueue).tools,
    scheduleToCloseTimeout: '10s',
    retry: { initialInterval: '200ms', backoffCoefficient: 2, maximumInterval: '1s' },
    summary: summaryOf(`Arguments of ${tool}, as a person changed them`),
  });
  const { problem, misfits = [{ pointer: '', message: problem ?? '' }] } = await checkArguments({
    tool,
    arguments: args,
  }).catch((error: unknown) => {
    if (isFinalFailure(error)) throw error;
    const message = `No worker that has the tool "${tool}" could look at the arguments: answer again, nothing is decided.`;
    throw finalFailure({ code: 'UNAVAILABLE', message });
  });
  if (problem === undefined) return;
  const refusal = validationFailed(
    'The approval',
    misfits.map(({ pointer, message }) => ({ code: 'INVALID_VALUE', pointer: `/arguments${pointer}`, message })),
  );
  throw finalFailure(refusal, refusal.facts);
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
