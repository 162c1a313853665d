import type { JsonObject } from '../../core/json/json.js';
import type { ExecutionErrorCode } from '../../core/codes.js';
import { ModelError, type ModelErrorFacts } from '../../core/executions/model-error.js';
import { parsedUrl } from '../../core/parsed-url.js';
import { showsSecret } from '../../core/secrets.js';
import { errorIn, readErrorDetails, type ErrorDetails } from './error-details.js';
import { parseJsonObject, type FailedAnswer } from './failed-answer.js';
import { waitInBody } from './asked-wait.js';
import { quoteProvider, type Confidential } from './quote-provider.js';
import { describePage, isWebPage } from './web-page.js';
import { refusedFields, type Refusal } from './refused-fields.js';

/** What the messages of one call are made from. */
export interface ErrorContext extends Confidential {
  readonly model: string;
  /** What a person would change about the key. */
  readonly keySource: string;
  /** The body of the request, once it was sent. */
  readonly sent: () => JsonObject;
}

/** Codes and types that say more than the status, in the spellings of all providers and of the servers like them. */
const BY_WORD: readonly (readonly [RegExp, ExecutionErrorCode])[] = [
  [/insufficient_quota|billing|credit_balance|insufficient_credits/, 'quota'],
  [/context_length|context_window|string_above_max_length|exceed_context|request_too_large/, 'context_length'],
  [/content_filter|content_policy|responsible_ai|moderation/, 'content_filter'],
  [/model_not_found|model_not_available|unknown_model/, 'model_not_found'],
  [/rate_limit|resource_exhausted/, 'rate_limit'],
  [/overloaded|engine_overloaded|unavailable/, 'overloaded'],
  [/invalid_api_key|authentication|unauthenticated|permission/, 'auth'],
  [/timeout|deadline_exceeded/, 'timeout'],
  [/server_error|internal|api_error/, 'server'],
  [/invalid_request|bad_request|invalid_argument/, 'invalid_request'],
];

/** The codes of errors that may name the fields that their server does not take. */
const MAY_BE_A_REFUSAL: readonly ExecutionErrorCode[] = ['invalid_request', 'model_not_found', 'server'];

/** What a message says stands at its beginning: the rest may be megabytes of anything. */
const TELLING_CHARACTERS = 16 * 1024;

const CONTEXT_MESSAGE =
  /context (?:length|window|size)|maximum context|too many (?:input )?tokens|(?:prompt|input|request) is too (?:long|large)|token count .{0,200}exceeds|exceeds? the (?:maximum|configured|allowed|available) (?:number of |limit of )?(?:input )?(?:tokens|limit|input|prompt|length)|reduce the length of the (?:messages|prompt|input)/i;
const BUSY_MESSAGE = /overloaded|server (?:is )?busy/i;
const QUOTA_MESSAGE = /credit balance|billing details|out of credits/i;
const MODEL_MESSAGE = /models?\b.{1,200}(?:not (?:found|exist)|does not exist|not available|unknown)|no such model/i;

/** An answer that is not what was asked for, as an error of the catalogue. */
export function classifyAnswer(answer: FailedAnswer, context: ErrorContext): ModelError {
  const body = parseJsonObject(answer.text);
  const details = body === undefined ? { code: '', type: '', message: answer.text } : readErrorDetails(body);
  const promised = answer.status >= 200 && answer.status < 300;
  const surprise = describeSurprise(answer, body, context);
  if (surprise !== undefined) {
    return new ModelError(promised ? 'invalid_request' : codeOfStatus(answer.status), surprise, answer.facts);
  }
  const wait = answer.facts.retryAfterMs ?? waitInBody(body, details.message);
  return failureOf(
    { ...details, body, status: promised ? statedStatus(details) : answer.status },
    { host: answer.host, where: `HTTP ${answer.status}`, facts: wait === undefined ? {} : { retryAfterMs: wait } },
    context,
  );
}

/** An error that arrives as an event within a stream, after a status that promised success. */
export function classifyStreamedError(details: ErrorDetails, host: string, context: ErrorContext): ModelError {
  const wait = waitInBody(undefined, details.message);
  const facts = wait === undefined ? {} : { retryAfterMs: wait };
  const error = { ...details, body: undefined, status: statedStatus(details) };
  return failureOf(error, { host, where: 'within the stream', facts }, context);
}

interface Told {
  readonly host: string;
  readonly where: string;
  readonly facts: ModelErrorFacts;
}

function failureOf(error: ErrorDetails & Refusal, { host, where, facts }: Told, context: ErrorContext): ModelError {
  const code = codeOf(error.status, error);
  const refused = MAY_BE_A_REFUSAL.includes(code) ? refusedFields(error, context.sent()) : [];
  if (error.status === 404 && code === 'invalid_request' && refused.length === 0) {
    const message = `${host} has no such path${quoted(where, error, context)}. Check the base URL: it often ends in /v1.`;
    return new ModelError(code, message, facts);
  }
  if (refused.length === 0)
    return new ModelError(code, explain(code, host, context) + quoted(where, error, context), facts);
  const advice = ` To leave it out, set the provider's option "omit": ${JSON.stringify(refused)}.`;
  const message = explain('invalid_request', host, context) + quoted(where, error, context) + advice;
  return new ModelError('invalid_request', message, { ...facts, refusedFields: refused });
}

/** Gateways put the status that they got into the error itself; 200 stands for none. */
function statedStatus(details: ErrorDetails): number {
  const code = /\b[45]\d\d\b/.exec(details.code)?.[0];
  return code === undefined ? 200 : Number(code);
}

function codeOf(status: number, details: ErrorDetails): ExecutionErrorCode {
  const byStatus = codeOfStatus(status);
  const message = details.message.slice(0, TELLING_CHARACTERS);
  // These say it all, whatever words a gateway passes on from the servers behind it.
  if (status === 401 || status === 402 || status === 503 || status === 529) return byStatus;
  const words = `${details.code} ${details.type}`.slice(0, TELLING_CHARACTERS).toLowerCase();
  const byWord = BY_WORD.find(([pattern]) => pattern.test(words))?.[1];
  if (byWord !== undefined && byWord !== 'invalid_request' && byWord !== 'server') return byWord;
  if (status === 400 && QUOTA_MESSAGE.test(message)) return 'quota';
  if (status <= 500 && CONTEXT_MESSAGE.test(message)) return 'context_length';
  if (status < 500 && MODEL_MESSAGE.test(message)) return 'model_not_found';
  if (status === 400 && /api[ -]?key/i.test(message)) return 'auth';
  if (status < 300 && BUSY_MESSAGE.test(message)) return 'overloaded';
  return status < 300 ? (byWord ?? 'server') : byStatus;
}

function codeOfStatus(status: number): ExecutionErrorCode {
  if (status === 401 || status === 403) return 'auth';
  if (status === 402) return 'quota';
  if (status === 408) return 'timeout';
  if (status === 409) return 'overloaded';
  if (status === 413) return 'context_length';
  if (status === 429) return 'rate_limit';
  if (status === 503 || status === 529) return 'overloaded';
  return status >= 500 ? 'server' : 'invalid_request';
}

/** Answers that no provider gives: the base URL points at something else, or the server cannot stream. */
function describeSurprise(
  answer: FailedAnswer,
  body: JsonObject | undefined,
  context: ErrorContext,
): string | undefined {
  const { status, host } = answer;
  if (status >= 300 && status < 400) {
    const advice =
      'Redirects are not followed, since they would carry the key along: set `baseUrl` to where the API is.';
    return `${host} redirects ${redirectTarget(answer.location, context.secrets)} (HTTP ${status}). ${advice}`;
  }
  if (isWebPage(answer)) return describePage(answer, context);
  if (status === 404 && body === undefined) {
    return `${host} has no such path (HTTP 404). Check the base URL: it often ends in /v1.`;
  }
  if (status < 300 && (body === undefined || errorIn(body) === undefined)) {
    return `${host} answered nothing that is an answer of this API (HTTP ${status}). Check the base URL: it often ends in /v1.`;
  }
  return undefined;
}

function redirectTarget(location: string, secrets: readonly string[]): string {
  const target = parsedUrl(location);
  return target !== undefined && !showsSecret(location, secrets) ? `to ${target.host}` : 'elsewhere';
}

type Explanation = (host: string, context: ErrorContext) => string;

const EXPLANATIONS: Readonly<Partial<Record<ExecutionErrorCode, Explanation>>> = {
  auth: (host, { keySource }) => `${host} refused the key or its rights. Check ${keySource}.`,
  quota: (host) => `The account at ${host} has no credit left. Check its billing.`,
  rate_limit: (host) => `${host} limits the rate of calls. RATE_LIMIT_PER_MINUTE keeps the workers below its limit.`,
  overloaded: (host) => `${host} is overloaded.`,
  timeout: (host) => `${host} gave up waiting.`,
  context_length: (_, { model }) =>
    `The prompt is too long for ${model}. Shorten it, or use a model with a larger context.`,
  content_filter: (host) => `The content filter of ${host} stopped the call. Change the prompt or the document.`,
  model_not_found: (host, { model }) => `${host} does not offer the model "${model}" to this key.`,
  invalid_request: (host) => `${host} did not accept the request. Check the agent's model, parameters and options.`,
};

function explain(code: ExecutionErrorCode, host: string, context: ErrorContext): string {
  return EXPLANATIONS[code]?.(host, context) ?? `${host} failed.`;
}

function quoted(where: string, details: ErrorDetails, context: ErrorContext): string {
  const quote = quoteProvider(details.message, context);
  return quote === '' ? ` (${where})` : ` (${where}: ${quote})`;
}
