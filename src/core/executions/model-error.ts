import type { ExecutionErrorCode } from '../codes.js';
import { storableMessage } from '../errors.js';
import type { UsedKeys } from './used-keys.js';

export interface ModelErrorFacts extends UsedKeys {
  /** How long the provider asked to wait. */
  readonly retryAfterMs?: number;
  /** No call was made: all keys rest for so long as `retryAfterMs`. Nothing that the provider did, so nothing that counts. */
  readonly heldBack?: true;
  /** It failed before the provider was asked: it says nothing of how that is, and costs nothing. */
  readonly isUnasked?: true;
  /** Of the answer, as HTTP has it; absent: none came. */
  readonly status?: number;
  /** What the provider itself said about trying again; absent: the code decides. */
  readonly shouldRetry?: boolean;
  readonly providerRequestId?: string;
  /** Fields of the request, as paths, that the provider refused by name. */
  readonly refusedFields?: readonly string[];
}

/** What a model call throws: the code decides on retries, the message tells a person what to do, in text that can be stored. */
export class ModelError extends Error {
  override readonly name = 'ModelError';

  constructor(
    readonly code: ExecutionErrorCode,
    message: string,
    readonly facts: ModelErrorFacts = {},
  ) {
    super(storableMessage(message));
  }
}
