import type { ErrorCode } from '../../core/codes.js';
import type { ProcessParts } from '../../compose/run-process.js';
import { CircuitBreakerError } from '../../core/errors.js';
import type { JsonValue } from '../../core/json/json.js';
import type { ApiClient } from '../api-client.js';
import { readDecision, type Decision } from './read-decision.js';
import type { TypedLines } from './typed-lines.js';

/** A call that waits for a person. */
export interface WaitingCall {
  readonly executionId: string;
  readonly toolCallId: string;
}

interface Approval extends WaitingCall {
  readonly toolName: string;
  readonly arguments: JsonValue;
}

const APPROVALS = `query ($id: String!) {
  agentExecution(id: $id) { pendingApprovals { executionId toolCallId toolName arguments } }
}`;
const APPROVE = `mutation ($executionId: String!, $toolCallId: String!, $arguments: JSON) {
  approveToolCall(executionId: $executionId, toolCallId: $toolCallId, arguments: $arguments) { id }
}`;
const REJECT = `mutation ($executionId: String!, $toolCallId: String!, $reason: String) {
  rejectToolCall(executionId: $executionId, toolCallId: $toolCallId, reason: $reason) { id }
}`;

/** What the API says of a call that waits no more. */
const DECIDED: ReadonlySet<ErrorCode> = new Set(['ALREADY_DECIDED', 'NOT_FOUND']);

/** Asks people at a terminal about calls, and tells the API what they say. */
export class ApprovalDesk {
  readonly #parts: Pick<ProcessParts, 'say' | 'print' | 'ending'>;
  readonly #api: Pick<ApiClient, 'query'>;
  readonly #typed: TypedLines;

  constructor(parts: Pick<ProcessParts, 'say' | 'print' | 'ending'>, api: Pick<ApiClient, 'query'>, typed: TypedLines) {
    this.#parts = parts;
    this.#api = api;
    this.#typed = typed;
  }

  /**
   * Resolves when the call is decided. Whoever was faster elsewhere is told of here; what the API does not take, as arguments
   * that do not fit, is asked for again.
   */
  async decide(waiting: WaitingCall): Promise<void> {
    const approval = await this.#approval(waiting);
    if (approval === undefined) return;
    const { say } = this.#parts;
    say(`\nThe agent asks to call ${approval.toolName} with`);
    say(`  ${JSON.stringify(approval.arguments, null, 2).replaceAll('\n', '\n  ')}`);
    for (;;) {
      const decision = await this.#ask();
      try {
        await this.#tell(approval, decision);
        return;
      } catch (error) {
        if (!(error instanceof CircuitBreakerError)) throw error;
        say(error.message);
        if (DECIDED.has(error.code)) return;
        // Nobody is there who could be asked again.
        if (this.#typed.isOver) throw error;
      }
    }
  }

  async #approval({ executionId, toolCallId }: WaitingCall): Promise<Approval | undefined> {
    const { agentExecution } = await this.#api.query<{
      agentExecution: { pendingApprovals: readonly Approval[] };
    }>(APPROVALS, { id: executionId });
    return agentExecution.pendingApprovals.find((approval) => approval.toolCallId === toolCallId);
  }

  async #ask(): Promise<Decision> {
    const { print, say, ending } = this.#parts;
    for (;;) {
      print('Approve it? y: yes; n, and why: no; other arguments as JSON: ');
      const line = await this.#typed.next();
      ending.throwIfAborted();
      if (line === undefined) say('nobody is there, which is a no.');
      const decision = readDecision(line);
      if (decision.type !== 'unclear') return decision;
      say(decision.advice);
    }
  }

  async #tell({ executionId, toolCallId }: Approval, decision: Decision): Promise<void> {
    const { type, ...said } = decision;
    await this.#api.query(type === 'approve' ? APPROVE : REJECT, { executionId, toolCallId, ...said });
  }
}
