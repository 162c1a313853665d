/** Why a model call, or an execution as a whole, failed. Stable: shown on executions, incidents and streams. */
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

export interface ModelErrorFacts {
  /** How long the provider asked to wait. */
  readonly retryAfterMs?: number;
  /** What the provider itself said about trying again; absent: the code decides. */
  readonly shouldRetry?: boolean;
  readonly providerRequestId?: string;
}

/** What a model call throws: the code decides on retries, the message tells a person what to do. */
export class ModelError extends Error {
  override readonly name = 'ModelError';

  constructor(
    readonly code: ExecutionErrorCode,
    message: string,
    readonly facts: ModelErrorFacts = {},
  ) {
    super(message);
  }
}
