import { checkJson } from '../json/check-json.js';
import { isJsonObject, type JsonObject } from '../json/json.js';

/** The ask that a token take a transition. */
export interface FireRequest {
  readonly transitionId: string;
  /** JSON Merge Patch on the token's data, kept when the transition is taken. */
  readonly data?: JsonObject;
  readonly idempotencyKey?: string;
  readonly expectedVersion?: number;
}

/** Reads a fire from an untrusted message; a string says what is wrong with it. Null members count as absent. */
export function parseFireRequest(message: unknown): FireRequest | string {
  if (!isJsonObject(message)) return 'a fire must be an object with a transitionId';
  const [problem] = checkJson(message);
  if (problem !== undefined) return `${problem.message} at ${problem.pointer}`;
  const { transitionId, data, idempotencyKey, expectedVersion } = message as Record<keyof FireRequest, unknown>;
  if (typeof transitionId !== 'string' || transitionId === '') return 'transitionId must be a non-empty string';
  if (!isAbsent(data) && !isJsonObject(data)) return 'data must be an object';
  if (!isAbsent(idempotencyKey) && !isKey(idempotencyKey)) return 'idempotencyKey must have 1 to 200 characters';
  if (!isAbsent(expectedVersion) && !Number.isSafeInteger(expectedVersion)) return 'expectedVersion must be an integer';
  return {
    transitionId,
    ...(isJsonObject(data) ? { data } : {}),
    ...(typeof idempotencyKey === 'string' ? { idempotencyKey } : {}),
    ...(typeof expectedVersion === 'number' ? { expectedVersion } : {}),
  };
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 200;
}
