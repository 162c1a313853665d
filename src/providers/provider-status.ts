import type { ProviderType } from '../core/agent.js';
import type { ExecutionErrorCode } from '../core/model-error.js';

/** Whether a provider can be used, as this process sees it. Never holds a key. */
export interface ProviderStatus {
  readonly type: ProviderType;
  /** Where its calls go; absent for the mock. */
  readonly baseUrl?: string;
  /** It answered, with the key that it was shown. */
  readonly works: boolean;
  readonly errorCode?: ExecutionErrorCode;
  /** What a person should know or do. */
  readonly message: string;
  /** Those that the key may use, as the provider names them. */
  readonly models: readonly string[];
}

/** The providers that this process has an account with. */
export interface ProviderDirectory {
  /** Asks all of them at once. Takes seconds at most and never throws: what is wrong is a status. */
  check(): Promise<readonly ProviderStatus[]>;
}
