import { validationFailed } from '../core/errors.js';
import type { Parsed } from '../core/json/parsed.js';
import type { Problem } from '../core/json/problem.js';
import { checkExecutionRequest } from '../core/executions/check-execution-request.js';
import { parseApprove, parseReject } from '../core/executions/tool-approval.js';
import { parseCancelRequest } from '../core/tokens/cancel-request.js';
import { parseFireRequest, type FireRequest } from '../core/tokens/fire-request.js';
import { parseMigrateRequest } from '../core/tokens/migrate-request.js';
import { parseTokenStart, type TokenStart } from '../core/tokens/token-start.js';
import { parseUpdateRequest } from '../core/tokens/update-request.js';
import { finalFailure } from '../contract/failures.js';
import { noted } from './failure-in-log.js';
import { isUnreadable, type UnreadablePayload } from '../contract/unreadable-payload.js';
import { knows } from './turns.js';

/** What clients send is read before it is believed: any Temporal client may send anything. */

/** Reads one kind of update. Both methods throw the failure VALIDATION_FAILED with everything that is wrong. */
interface UpdateReader<Value> {
  /** For the validator, which refuses. */
  check(message: unknown): Value;
  /** For the handler: a replay asks no validator, so it takes what older ones let through. */
  read(message: unknown): Value;
}

export const fires = readerOf('The fire', parseFireRequest);
export const updates = readerOf('The update', parseUpdateRequest);
export const approvals = readerOf('The approval', parseApprove);
export const rejections = readerOf('The rejection', parseReject);
export const migrations = readerOf('The migration', parseMigrateRequest);
export const cancellations = readerOf('The cancellation', parseCancelRequest);

/** Throws the failure VALIDATION_FAILED with everything that is wrong with it. */
export function tokenStartOf(message: unknown): TokenStart {
  return valueOf('The start of the token', unlessTakenBefore(readable(parseTokenStart)(message)));
}

/** Throws VALIDATION_FAILED for what is no request of the execution `id`. */
export function refuseForeignRequest(message: unknown, id: string): void {
  const problems = isUnreadable(message) ? [problemOf(message)] : checkExecutionRequest(message, id);
  // Histories of before say nothing, and replay as they were.
  if (problems.length === 0 || !knows('reads-its-request')) return;
  throw noted(finalFailure(validationFailed('The start of the execution', problems)));
}

export function signalledFire(message: unknown): Parsed<FireRequest> {
  return unlessTakenBefore(readable(parseFireRequest)(message));
}

function readable<Value>(parse: (message: unknown) => Parsed<Value>): (message: unknown) => Parsed<Value> {
  return (message) => (isUnreadable(message) ? { problems: [problemOf(message)] } : parse(message));
}

function problemOf({ unreadablePayload }: UnreadablePayload): Problem {
  return { code: 'INVALID_VALUE', pointer: '', message: unreadablePayload };
}

/**
 * Refuses inexact numbers, except in the replay of a history that accepted them: it lacks the mark. For starts and
 * signals only, since updates have a validator, which a replay does not ask.
 */
function unlessTakenBefore<Value>(parsed: Parsed<Value>): Parsed<Value> {
  if ('value' in parsed || parsed.draft === undefined || knows('exact-numbers')) return parsed;
  return { value: parsed.draft };
}

function readerOf<Value>(what: string, parseReadable: (message: unknown) => Parsed<Value>): UpdateReader<Value> {
  const parse = readable(parseReadable);
  return {
    check: (message) => valueOf(what, parse(message)),
    read: (message) => {
      const parsed = parse(message);
      return 'draft' in parsed && parsed.draft !== undefined ? parsed.draft : valueOf(what, parsed);
    },
  };
}

function valueOf<Value>(what: string, parsed: Parsed<Value>): Value {
  if ('value' in parsed) return parsed.value;
  const refusal = validationFailed(what, parsed.problems);
  throw finalFailure(refusal, refusal.facts);
}
