import { checkJson } from '../json/check-json.js';
import { isJsonObject, type JsonObject } from '../json/json.js';

/** The ask that a token's data or metadata change: JSON Merge Patches. */
export interface UpdateRequest {
  readonly data?: JsonObject;
  readonly metadata?: JsonObject;
  readonly expectedVersion?: number;
}

/** Reads an update from an untrusted message; a string says what is wrong with it. Null members count as absent. */
export function parseUpdateRequest(message: unknown): UpdateRequest | string {
  if (!isJsonObject(message)) return 'an update must be an object with data or metadata';
  const [problem] = checkJson(message);
  if (problem !== undefined) return `${problem.message} at ${problem.pointer}`;
  const { data, metadata, expectedVersion } = message as Record<keyof UpdateRequest, unknown>;
  if (data != null && !isJsonObject(data)) return 'data must be an object';
  if (metadata != null && !isJsonObject(metadata)) return 'metadata must be an object';
  if (expectedVersion != null && !Number.isSafeInteger(expectedVersion)) return 'expectedVersion must be an integer';
  if (!isJsonObject(data) && !isJsonObject(metadata)) return 'an update must have data or metadata';
  return {
    ...(isJsonObject(data) ? { data } : {}),
    ...(isJsonObject(metadata) ? { metadata } : {}),
    ...(typeof expectedVersion === 'number' ? { expectedVersion } : {}),
  };
}
