import type { ProviderType } from '../../core/agents/agent.js';
import type { ExecutionErrorCode } from '../../core/codes.js';

/** How a provider's account stands. No field ever holds a key. */
export interface ProviderStatus {
  readonly type: ProviderType;
  /** Absent for what is called over no network. */
  readonly baseUrl?: string;
  readonly works: boolean;
  /** Why it does not work. */
  readonly errorCode?: ExecutionErrorCode;
  /** For a person: what it offers, or what to do. */
  readonly message: string;
  /** What the provider lists for this key; calls may work for others, too. */
  readonly models: readonly string[];
  /** Its keys, each at each address: the only one, too. */
  readonly keys: readonly ProviderKeyStatus[];
}

export type ProviderKeyState = 'OK' | 'COOLING' | 'REFUSED' | 'UNREACHABLE';

export interface ProviderKeyStatus {
  /** Its variable and its place in the list, or its address. */
  readonly name: string;
  readonly state: ProviderKeyState;
  /** Of one that rests: until when it is not used, as an RFC 3339 timestamp; models are limited each by itself. */
  readonly until?: string;
  readonly message?: string;
}

/** The accounts that a process has, and whether they work. */
export interface ProviderDirectory {
  /** Asks every account now, within seconds. What fails is a status; rejects with the reason of `signal` only. */
  check(signal?: AbortSignal): Promise<readonly ProviderStatus[]>;
}
