import type { ExecutionErrorCode } from '../codes.js';

/** Which of several keys and addresses of its provider a call went to. Absent where there is one. */
export interface UsedKeys {
  /** By its place: `OPENAI_API_KEYS, key 2`. */
  readonly key?: string;
  /** Those that it was tried with before, in the same attempt. */
  readonly passedKeys?: readonly PassedKey[];
}

export interface PassedKey {
  readonly key: string;
  readonly errorCode: ExecutionErrorCode;
}

/** These facts of something that has more. */
export function usedKeys({ key, passedKeys }: UsedKeys): UsedKeys {
  return { ...(key === undefined ? {} : { key }), ...(passedKeys === undefined ? {} : { passedKeys }) };
}
