import type { ExecutionOutcome, TokenInput } from '../core/engine/decision.js';
import { executionFailureCode, type ExecutionFailureCode } from '../core/codes.js';
import { outputOf } from '../core/executions/answer-output.js';
import type { ExecutionResult } from '../core/executions/execution.js';
import { isJsonObject, ownValue, type JsonObject } from '../core/json/json.js';
import { parseFireRequest } from '../core/tokens/fire-request.js';
import { parseMigrateRequest, type MigrateRequest } from '../core/tokens/migrate-request.js';
import { parseUpdateRequest } from '../core/tokens/update-request.js';
import type { Token } from '../core/tokens/token.js';

/** What came to a token from outside, or ended, at a time in milliseconds. */
export type Arrival =
  | { readonly at: number; readonly input: TokenInput }
  | { readonly at: number; readonly ended: string; readonly outcome: ExecutionOutcome }
  | { readonly at: number; readonly started: string }
  | MigrationArrival;

/** It was to go over to another version, and that was found. */
export interface MigrationArrival {
  readonly at: number;
  readonly migration: MigrateRequest;
  readonly target: JsonObject;
}

/** What a run of a token's Temporal workflow was given, and what came to it. */
export interface TokenHistory {
  readonly begunAt: number;
  readonly tokenId: string;
  /** What it was started with: of a run that went on from another, the token as it was carried. */
  readonly start: { readonly carried: Token } | { readonly seed: JsonObject };
  /** The definition that the token had, where the history has it. */
  readonly definition?: JsonObject;
  readonly executionIdSuffix?: string;
  readonly arrivals: readonly Arrival[];
  readonly endedAt: number;
}

/**
 * Reads the history of a token's Temporal workflow: as Temporal's UI and its CLI write it (JSON), or as a client's `fetchHistory`
 * gives it. Throws where it is none, or is encrypted.
 */
export function readTokenHistory(history: unknown): TokenHistory {
  const events = isObject(history) && Array.isArray(history['events']) ? (history['events'] as readonly unknown[]) : [];
  const read = events.map(readEvent);
  const [first] = read;
  const started = first?.attributes('workflowExecutionStarted');
  if (first === undefined || started === undefined)
    throw new TypeError('That is no history of a workflow of Temporal: it has no event that starts one.');
  if (ownText(started['workflowType'], 'name') !== 'tokenLifecycle')
    throw new TypeError('That is the history of another workflow: a token has the type `tokenLifecycle`.');
  const [request, carried] = payloadsOf(started['input']);
  const loaded = isJsonObject(carried) ? carried['loaded'] : read.map(loadedIn).find(isJsonObject);
  const token = isJsonObject(carried) ? carried['token'] : undefined;
  const of = isJsonObject(loaded) ? loaded : {};
  const definition = of['definition'];
  const suffix = of['executionIdSuffix'];
  return {
    begunAt: first.at,
    tokenId: ownText(token, 'id') ?? textIn(started, 'workflowId') ?? 'token',
    start: isJsonObject(token)
      ? { carried: token as unknown as Token }
      : { seed: isJsonObject(request) ? request : {} },
    ...(isJsonObject(definition) ? { definition } : {}),
    ...(typeof suffix === 'string' ? { executionIdSuffix: suffix } : {}),
    arrivals: read.flatMap((event) => [...arrivalIn(event), ...adoptedIn(event, read), ...migrationIn(event, read)]),
    endedAt: read.at(-1)?.at ?? first.at,
  };
}

interface ReadEvent {
  readonly id: string;
  readonly at: number;
  attributes(name: string): Readonly<Record<string, unknown>> | undefined;
}

function readEvent(event: unknown): ReadEvent {
  const fields = isObject(event) ? event : {};
  return {
    id: String(fields['eventId']),
    at: timeOf(fields['eventTime']),
    attributes: (name) => {
      const attributes = fields[`${name}EventAttributes`];
      return isObject(attributes) ? attributes : undefined;
    },
  };
}

/** What the first local activity of a token gave: the definition that it lives by. */
function loadedIn(event: ReadEvent): unknown {
  const marker = event.attributes('markerRecorded');
  const details = isObject(marker?.['details']) ? marker['details'] : {};
  return payloadsOf(details['result']).find((value) => isJsonObject(value) && isJsonObject(value['definition']));
}

function arrivalIn(event: ReadEvent): readonly Arrival[] {
  const { at } = event;
  const signalled = event.attributes('workflowExecutionSignaled');
  if (signalled?.['signalName'] === 'fireTransition') return inputs(at, fireOf(payloadsOf(signalled['input'])[0]));
  if (event.attributes('workflowExecutionCancelRequested') !== undefined)
    return inputs(at, { type: 'cancel', reason: 'cancelled in Temporal' });
  const accepted = acceptedIn(event);
  if (accepted !== undefined) return inputs(at, updateOf(accepted.name, accepted.message));
  const begun = event.attributes('startChildWorkflowExecutionInitiated');
  if (begun !== undefined) return [{ at, started: String(begun['workflowId']) }];
  return endIn(event);
}

function acceptedIn(event: ReadEvent): { readonly name: string; readonly message: unknown } | undefined {
  const accepted = event.attributes('workflowExecutionUpdateAccepted')?.['acceptedRequest'];
  if (!isObject(accepted) || !isObject(accepted['input'])) return undefined;
  const { name, args } = accepted['input'];
  return { name: String(name), message: payloadsOf(args)[0] };
}

function inputs(at: number, input: TokenInput | undefined): readonly Arrival[] {
  return input === undefined ? [] : [{ at, input }];
}

function fireOf(message: unknown): TokenInput | undefined {
  const parsed = parseFireRequest(message);
  return 'value' in parsed ? { type: 'fire', ...parsed.value } : undefined;
}

function updateOf(name: string, message: unknown): TokenInput | undefined {
  switch (name) {
    case 'fire':
      return fireOf(message);
    case 'updateToken': {
      const parsed = parseUpdateRequest(message);
      return 'value' in parsed ? { type: 'update', ...parsed.value } : undefined;
    }
    case 'retry':
      return { type: 'retry' };
    case 'cancel': {
      const reason = isJsonObject(message) ? message['reason'] : undefined;
      return { type: 'cancel', ...(typeof reason === 'string' ? { reason } : {}) };
    }
    case 'triggerPlaceAgents':
      return { type: 'trigger-place-agents' };
    default:
      return undefined;
  }
}

const ENDS = {
  childWorkflowExecutionFailed: 'failed',
  childWorkflowExecutionTimedOut: 'failed',
  childWorkflowExecutionTerminated: 'failed',
  childWorkflowExecutionCanceled: 'cancelled',
} as const;

function endIn(event: ReadEvent): readonly Arrival[] {
  const completed = event.attributes('childWorkflowExecutionCompleted');
  if (completed !== undefined) {
    const [result] = payloadsOf(completed['result']);
    return [{ at: event.at, ended: childOf(completed), outcome: { status: 'succeeded', result: wholeResult(result) } }];
  }
  for (const [name, status] of Object.entries(ENDS)) {
    const attributes = event.attributes(name);
    if (attributes === undefined) continue;
    const outcome: ExecutionOutcome =
      status === 'cancelled' ? { status } : { status, ...failureOf(attributes['failure'], name) };
    return [{ at: event.at, ended: childOf(attributes), outcome }];
  }
  return [];
}

/** The end of an execution that an earlier run started: an activity waited for it. */
function adoptedIn(event: ReadEvent, all: readonly ReadEvent[]): readonly Arrival[] {
  const { request, result: adopted } = endOfActivity('adoptExecution', event, all);
  const ended = ownText(request, 'executionId');
  if (ended === undefined || !isJsonObject(adopted)) return [];
  const { outcome, failure } = adopted as unknown as {
    readonly outcome?: ExecutionOutcome;
    readonly failure?: { readonly errorCode: ExecutionFailureCode; readonly errorMessage: string };
  };
  if (failure !== undefined) {
    const { errorCode, errorMessage: message } = failure;
    return [{ at: event.at, ended, outcome: { status: 'failed', errorCode, message } }];
  }
  if (outcome?.status !== 'succeeded') return outcome === undefined ? [] : [{ at: event.at, ended, outcome }];
  return [{ at: event.at, ended, outcome: { ...outcome, result: wholeResult(outcome.result) } }];
}

/** The other version of its workflow was found that an update had asked for: there and then the token goes over, or does not. */
function migrationIn(event: ReadEvent, all: readonly ReadEvent[]): readonly MigrationArrival[] {
  const { request, result: target } = endOfActivity('reloadDefinition', event, all);
  if (!isJsonObject(request) || !isJsonObject(target)) return [];
  const asked = all.slice(0, all.indexOf(event)).flatMap((before) => {
    const accepted = acceptedIn(before);
    const parsed = accepted?.name === 'migrate' ? parseMigrateRequest(accepted.message) : { problems: [] };
    return 'value' in parsed && parsed.value.toVersion === request['workflowVersion'] ? [parsed.value] : [];
  });
  const migration = asked.at(-1);
  return migration === undefined ? [] : [{ at: event.at, migration, target }];
}

/** What an activity of a type was asked and gave, where an event is the end of one. */
function endOfActivity(
  type: string,
  event: ReadEvent,
  all: readonly ReadEvent[],
): { readonly request?: unknown; readonly result?: unknown } {
  const completed = event.attributes('activityTaskCompleted');
  if (completed === undefined) return {};
  const asked = all.find(({ id }) => id === String(completed['scheduledEventId']))?.attributes('activityTaskScheduled');
  if (ownText(asked?.['activityType'], 'name') !== type) return {};
  const [request] = payloadsOf(asked?.['input']);
  const [result] = payloadsOf(completed['result']);
  return { request, result };
}

/** A large answer has its output in its text alone. */
function wholeResult(result: unknown): ExecutionResult {
  const read = (isJsonObject(result) ? result : {}) as unknown as ExecutionResult;
  const output = outputOf({ ...read, text: read.response });
  return { ...read, ...(output === undefined ? {} : { output }) };
}

function failureOf(failure: unknown, name: string) {
  const fields = isObject(failure) ? failure : {};
  const cause = isObject(fields['cause']) ? fields['cause'] : fields;
  const type = ownText(cause['applicationFailureInfo'], 'type');
  const fallback = name.endsWith('TimedOut') ? 'timeout' : name.endsWith('Terminated') ? 'terminated' : null;
  return { errorCode: executionFailureCode(type ?? fallback), message: textIn(cause, 'message') ?? '' };
}

function childOf(attributes: Readonly<Record<string, unknown>>): string {
  return ownText(attributes['workflowExecution'], 'workflowId') ?? '';
}

/** The values of payloads, each from its JSON: base64 in files, bytes from a client. */
function payloadsOf(holder: unknown): readonly unknown[] {
  const payloads = isObject(holder) ? holder['payloads'] : undefined;
  return Array.isArray(payloads) ? payloads.map(readPayload) : [];
}

function readPayload(payload: unknown): unknown {
  if (!isObject(payload)) return undefined;
  const { metadata, data } = payload;
  const encoding = bytesAsText(isObject(metadata) ? metadata['encoding'] : undefined);
  if (encoding === 'binary/encrypted')
    throw new TypeError('This history is encrypted: download it through the codec endpoint, which decrypts it.');
  const text = bytesAsText(data);
  return text === '' ? undefined : JSON.parse(text);
}

function bytesAsText(bytes: unknown): string {
  if (bytes instanceof Uint8Array) return new TextDecoder().decode(bytes);
  if (typeof bytes !== 'string') return '';
  return new TextDecoder().decode(Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)));
}

/** RFC 3339 in files; seconds and nanoseconds from a client. */
function timeOf(time: unknown): number {
  if (typeof time === 'string') return Date.parse(time);
  if (!isObject(time)) return 0;
  return Number(time['seconds'] ?? 0) * 1000 + Math.floor(Number(time['nanos'] ?? 0) / 1e6);
}

function ownText(holder: unknown, name: string): string | undefined {
  return isObject(holder) ? textIn(holder, name) : undefined;
}

function textIn(holder: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = ownValue(holder, name);
  return typeof value === 'string' ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
