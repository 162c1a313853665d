import type { ErrorCode } from '../codes.js';
import { jsonEquals, type JsonObject } from '../json/json.js';
import type { Parsed } from '../json/parsed.js';
import { type MessageFields, present, readMessage } from '../json/read-message.js';
import { shorten } from '../json/preview.js';
import { utf8Length } from '../json/utf8-length.js';
import type { ToolDecision } from '../streams/tool-decision.js';
import type { ToolCallPlace } from './tool-call.js';

/** As much as a person can be expected to read, in bytes of UTF-8, before they say yes. */
export const MAX_APPROVED_BYTES = 64 * 1024;
const MAX_REASON_LENGTH = 1000;
/** Providers, and models, make ids as long as they like. */
const MAX_CALL_ID_LENGTH = 10_000;

/** What a person is asked about a call of a tool, and what was said. The call has the id that its model gave it. */
export interface ToolApproval extends ToolCallPlace {
  readonly toolCallId: string;
  readonly toolName: string;
  /** As the model wanted them. */
  readonly arguments: JsonObject;
  readonly requestedAt: string;
  /** When silence begins to count as a rejection. */
  readonly expiresAt: string;
  /** Absent: it waits. */
  readonly decision?: ToolDecision;
}

export interface Approve {
  readonly toolCallId: string;
  /** In the place of those that the model wanted. */
  readonly arguments?: JsonObject;
}

export interface Reject {
  readonly toolCallId: string;
  /** Told to the model. */
  readonly reason?: string;
  /** Ends the execution, too. */
  readonly stop?: boolean;
}

/** What somebody says of a call. */
export type ApprovalAnswer = ({ readonly type: 'approve' } & Approve) | ({ readonly type: 'reject' } & Reject);

/** What an answer comes to: `again` where the same was said before. */
export type ApprovalVerdict =
  | { readonly type: 'decided' | 'again'; readonly approval: ToolApproval & { readonly decision: ToolDecision } }
  | {
      readonly type: 'refused';
      readonly code: Extract<ErrorCode, 'NOT_FOUND' | 'ALREADY_DECIDED'>;
      readonly message: string;
    };

/** Judges an answer by what is known of its call. The first answer stays; the same one again is the same. Pure. */
export function judgeAnswer(
  approval: ToolApproval | undefined,
  answer: ApprovalAnswer,
  { now, isEnded = false }: { readonly now: string; /** Of its execution. */ readonly isEnded?: boolean },
): ApprovalVerdict {
  const name = shorten(answer.toolCallId);
  if (approval === undefined) {
    return { type: 'refused', code: 'NOT_FOUND', message: `No person was asked about a tool call "${name}".` };
  }
  const decision = decisionOf(answer, approval, now);
  if (approval.decision === undefined && !isEnded) return { type: 'decided', approval: { ...approval, decision } };
  if (approval.decision !== undefined && isSame(approval.decision, decision)) {
    return { type: 'again', approval: { ...approval, decision: approval.decision } };
  }
  return {
    type: 'refused',
    code: 'ALREADY_DECIDED',
    message: `Tool call "${name}" ${whatBecameOf(approval.decision)}.`,
  };
}

function decisionOf(answer: ApprovalAnswer, { arguments: wanted }: ToolApproval, decidedAt: string): ToolDecision {
  if (answer.type === 'approve') {
    const isChanged = answer.arguments !== undefined && !jsonEquals(answer.arguments, wanted);
    return { decision: 'approved', ...(isChanged ? present({ arguments: answer.arguments }) : {}), decidedAt };
  }
  const { reason, stop = false } = answer;
  return { decision: 'rejected', ...present({ reason }), ...(stop ? { stop } : {}), decidedAt };
}

function isSame(one: ToolDecision, other: ToolDecision): boolean {
  const { decidedAt: _then, ...said } = one;
  const { decidedAt: _now, ...meant } = other;
  return jsonEquals({ ...said }, { ...meant });
}

function whatBecameOf(decision: ToolDecision | undefined): string {
  switch (decision?.decision) {
    case undefined:
      return 'was never decided on: its execution has ended';
    case 'expired':
      return `expired at ${decision.decidedAt}, which counts as a rejection`;
    case 'approved':
      return `was approved${decision.arguments === undefined ? '' : ' with other arguments'} at ${decision.decidedAt}`;
    case 'rejected':
      return `was rejected at ${decision.decidedAt}`;
  }
}

/** What the model is told in the place of a result. */
export function refusalForModel({ decision, reason }: ToolDecision): string {
  const advice = 'Do not ask for the same again: go on without it, or say what you would need.';
  if (decision === 'expired') return `Nobody approved the call in time, so it was not made. ${advice}`;
  const why = reason === undefined ? '' : `: ${reason.replace(/\.$/, '')}`;
  return `A person rejected the call${why}. It was not made. ${advice}`;
}

/** Reads an approval from a message that anybody may have sent. */
export function parseApprove(message: unknown): Parsed<Approve> {
  return readMessage(message, (fields) => {
    const args = fields.object('arguments');
    if (args !== undefined && isTooLargeToApprove(args)) fields.refuse('arguments', TOO_LARGE);
    return { toolCallId: callIdIn(fields), ...present({ arguments: args }) };
  });
}

/** Reads a rejection from a message that anybody may have sent. */
export function parseReject(message: unknown): Parsed<Reject> {
  return readMessage(message, (fields) => ({
    toolCallId: callIdIn(fields),
    ...present({ reason: fields.text('reason', MAX_REASON_LENGTH), stop: fields.flag('stop') }),
  }));
}

export function isTooLargeToApprove(args: JsonObject): boolean {
  return utf8Length(JSON.stringify(args)) > MAX_APPROVED_BYTES;
}

const TOO_LARGE = `arguments may have ${MAX_APPROVED_BYTES} bytes as JSON`;

function callIdIn(fields: MessageFields): string {
  const id = fields.text('toolCallId', MAX_CALL_ID_LENGTH);
  if (!fields.has('toolCallId')) fields.refuse('toolCallId', 'toolCallId is missing');
  return id ?? '';
}

/**
 * For how long a call may wait: as long as its agent says, but not until there is no time left for the work that follows, where
 * whoever started the execution set an end to it.
 */
export function approvalSeconds(
  wanted: number,
  { untilEnd = Infinity, work }: { readonly untilEnd?: number; /** What may be left to do. */ readonly work: number },
): number {
  return Math.min(wanted, Math.max(untilEnd - work, untilEnd / 2));
}
