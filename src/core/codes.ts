/**
 * Every code of the product, in one catalogue: what makes a code is typed by it, and the guide to errors explains each.
 * Codes are part of the wire format: they may be added, and never change.
 */

/** What an answer of the API can carry, with its HTTP status. An error without one is logged whole and is INTERNAL. */
export const ERROR_STATUS = {
  VALIDATION_FAILED: 400,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  TRANSITION_REFUSED: 409,
  TRANSITION_IN_PROGRESS: 409,
  VERSION_CONFLICT: 409,
  TOKEN_CLOSED: 409,
  TOKEN_ACTIVE: 409,
  TOKEN_TOO_LARGE: 413,
  MIGRATION_REFUSED: 409,
  IN_USE: 409,
  IDEMPOTENCY_MISMATCH: 409,
  ALREADY_DECIDED: 409,
  PAYLOAD_TOO_LARGE: 413,
  REQUEST_TIMEOUT: 408,
  STORAGE_REFUSED: 422,
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  QUERY_TOO_COSTLY: 400,
  PERSISTED_QUERY_NOT_SUPPORTED: 200,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  PAYLOAD_UNREADABLE: 500,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/**
 * Whether this is a code of the API's errors.
 *
 * @example
 * ```ts
 * import { ERROR_STATUS, isErrorCode } from 'circuit-breaker';
 *
 * export function statusOf(code: string): number {
 *   return isErrorCode(code) ? ERROR_STATUS[code] : 500;
 * }
 * ```
 */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_STATUS, code);
}

/** What our client says by itself, where no API answers. */
export const CLIENT_ERROR_CODES = ['UNEXPECTED_ANSWER'] as const;
export type ClientErrorCode = (typeof CLIENT_ERROR_CODES)[number];

/** What can be wrong with an input: of VALIDATION_FAILED, and of what `validateWorkflow` answers. */
export const INPUT_PROBLEM_CODES = [
  'INVALID_VALUE',
  'REQUIRED',
  'OUT_OF_RANGE',
  'UNKNOWN_FIELD',
  'TEXT_INVALID',
  'NUMBER_INEXACT',
  'TOO_DEEP',
  'ID_MISSING',
  'ID_TAKEN',
  'DUPLICATE_ID',
  'UNKNOWN_PLACE',
  'UNKNOWN_TRANSITION',
  'UNKNOWN_CONDITION',
  'UNKNOWN_AGENT',
  'UNKNOWN_TOOL',
  'UNREACHABLE_PLACE',
  'TRANSITION_NEVER_FIRES',
  'AUTO_TRANSITION_STAYS',
  'RULE_INVALID',
  'BAD_PATH',
  'INPUT_NAME_RESERVED',
  'TEMPLATE_VARIABLE_UNKNOWN',
  'TEMPLATE_SYNTAX_UNKNOWN',
  'OUTPUT_SCHEMA_INVALID',
  'OUTPUT_SCHEMA_TOO_COSTLY',
  'AGENT_FORBIDDEN',
  'DEFINITION_TOO_LARGE',
  'MORE_PROBLEMS',
  'BAD_CURSOR',
  'BASE_URL_INVALID',
  'BASE_URL_MISSING',
  'HOST_FORBIDDEN',
  'HEADER_INVALID',
  'HEADER_SECRET',
  'HEADER_REFERENCE_INVALID',
  'CREDENTIAL_INVALID',
  'API_KEY_IN_DEFINITION',
  'OPTION_UNKNOWN',
  'OPTION_INVALID',
] as const;

/** What can be wrong with a folder of definitions, besides the definitions themselves. */
export const FOLDER_PROBLEM_CODES = [
  'SYNTAX_INVALID',
  'YAML_REFUSED',
  'YAML_AMBIGUOUS',
  'DUPLICATE_KEY',
  'NAME_AMBIGUOUS',
  'FILE_EMPTY',
  'FILE_TOO_LARGE',
  'FILE_UNREADABLE',
  'LINK_LEADS_OUT',
  'MODULE_FAILED',
  'MODULE_TOO_SLOW',
  'MODULE_TOO_LARGE',
  'FOLDER_EMPTY',
  'TOO_MANY_FILES',
] as const;
export type FolderProblemCode = (typeof FOLDER_PROBLEM_CODES)[number] | ProblemCode;

/** What can be wrong with the environment that a process starts in. */
export const CONFIG_PROBLEM_CODES = ['BAD_VARIABLE', 'HOST_NOT_LOOPBACK'] as const;

export type ProblemCode = (typeof INPUT_PROBLEM_CODES)[number] | (typeof CONFIG_PROBLEM_CODES)[number];

/** Why a transition cannot fire. */
export const BLOCKER_CODES = [
  'UNKNOWN_TRANSITION',
  'NOT_ACTIVE',
  'WRONG_PLACE',
  'PENDING',
  'VERSION',
  'RULE_FALSE',
  'RULE_ERROR',
  'INPUT_MISSING',
  'AGENT_LEFT',
  'AGENT_OFF',
  'INCIDENT',
  'MORE_BLOCKERS',
] as const;
export type BlockerCode = (typeof BLOCKER_CODES)[number];

/** Why a running token cannot go over to another version of its workflow. */
export const MIGRATION_BLOCKER_CODES = [
  'OTHER_VERSION',
  'PENDING',
  'PLACE_AGENT_RUNNING',
  'PLACE_MISSING',
  'INCIDENT_UNFIT',
  'START_TOO_LARGE',
  'WORKFLOW_LOST',
  'WORKER_OUTDATED',
  'UNREACHABLE',
] as const;
export type MigrationBlockerCode = (typeof MIGRATION_BLOCKER_CODES)[number];

/** Why a model call, or an execution as a whole, failed: shown on executions, incidents and streams. */
export const EXECUTION_ERROR_CODES = [
  'timeout',
  'rate_limit',
  'overloaded',
  'server',
  'network',
  'incomplete_stream',
  'quota',
  'auth',
  'context_length',
  'content_filter',
  'invalid_request',
  'model_not_found',
  'output_invalid',
  'output_mapping_failed',
  'prompt_too_large',
  'answer_too_large',
  'tool_failed',
  'turn_limit',
  'approval_rejected',
  'agent_forbidden',
  'budget_exceeded',
  'host_forbidden',
  'worker_lost',
  'cancelled',
  'terminated',
] as const;
export type ExecutionErrorCode = (typeof EXECUTION_ERROR_CODES)[number];

/** Tried again unless `retryOnErrors` says otherwise. */
export const RETRIED_BY_DEFAULT: readonly ExecutionErrorCode[] = [
  'timeout',
  'rate_limit',
  'overloaded',
  'server',
  'network',
  'incomplete_stream',
];

/** What a fallback is for unless its `on` says otherwise: another provider may well do better then. */
export const FALLBACK_BY_DEFAULT = [
  'overloaded',
  'server',
  'network',
  'timeout',
  'rate_limit',
  'quota',
  'auth',
  'model_not_found',
] as const satisfies readonly ExecutionErrorCode[];

/** What a model call itself can end with: an agent's fallback may be for any of these. */
export const FALLBACK_CODES = [
  ...FALLBACK_BY_DEFAULT,
  'incomplete_stream',
  'context_length',
  'content_filter',
  'invalid_request',
  'answer_too_large',
  'host_forbidden',
] as const satisfies readonly ExecutionErrorCode[];
export type FallbackCode = (typeof FALLBACK_CODES)[number];

/** Why an execution failed: one of its own codes, or the API's where storage refused what it needed. */
export type ExecutionFailureCode = ExecutionErrorCode | ErrorCode;

/** A failure that has no code of the catalogue, such as a defect's, is `server`. */
export function executionFailureCode(code: string | null | undefined): ExecutionFailureCode {
  if (code == null) return 'server';
  return isErrorCode(code) ? code : (EXECUTION_ERROR_CODES.find((known) => known === code) ?? 'server');
}

/** Why an attempt at a model call ended that goes on with another one, and not for anything that the provider did. */
export const LOST_ATTEMPT_CODES = ['worker_shutdown', 'stream_fenced'] as const;

export type AttemptErrorCode = ExecutionErrorCode | (typeof LOST_ATTEMPT_CODES)[number];

/** A failure that has no code of the catalogue, such as a defect's, is `server`. */
export function attemptErrorCode(code: string | null | undefined): AttemptErrorCode {
  return [...EXECUTION_ERROR_CODES, ...LOST_ATTEMPT_CODES].find((known) => known === code) ?? 'server';
}

/** Why an attempt began, where it was not because of how the one before it ended. */
export const ATTEMPT_START_CODES = [
  'first',
  'repair',
  'tools',
  'fallback',
  'batched',
  'cached',
  'restored',
  'stored',
] as const;

/** The `status` of `attempt_started`. */
export type AttemptStartCode = (typeof ATTEMPT_START_CODES)[number] | AttemptErrorCode;

/** How an attempt stands. */
export const ATTEMPT_OUTCOMES = ['running', 'completed', 'failed', 'cancelled', 'lost'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** What keeps a token from going on by itself, besides an execution that failed. */
export const TOKEN_INCIDENT_CODES = ['automatic_steps_exceeded', 'record_refused'] as const;

export type IncidentCode = (typeof TOKEN_INCIDENT_CODES)[number] | ExecutionFailureCode;
