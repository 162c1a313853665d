import { setTimeout as delay } from 'node:timers/promises';

import { checkJson } from '../core/check-json.js';
import { CircuitBreakerError, notFound, validationFailed, type Problem } from '../core/errors.js';
import { ID_RULE, isId } from '../core/ids.js';
import { parseTokenStart, type TokenStart } from '../core/token-start.js';
import { tokenTooLarge } from '../core/token-size.js';
import type { Token } from '../core/token.js';
import { isJsonObject } from '../core/json.js';
import type { ApiParts } from './api-parts.js';

/** Starts a token and gives it as it was recorded. The same id with the same input gives back the first one. */
export async function createToken({ storage, temporal }: ApiParts, input: Record<string, unknown>): Promise<Token> {
  const { id: given, ...rest } = input;
  const problems = [...checkJson(input), ...idProblems(given)];
  if (problems.length > 0) throw validationFailed('The token', problems);
  const start = startOf(rest);
  await refuseUnknownWorkflow(storage, start);
  const id = typeof given === 'string' ? given : crypto.randomUUID();
  await temporal.createToken(id, start);
  return await recordedToken(storage, id);
}

/** The token is created, and recorded in the next moment, so that its creator can read it at once. */
async function recordedToken({ tokens }: ApiParts['storage'], id: string): Promise<Token> {
  const deadline = performance.now() + RECORDED_WITHIN_MS;
  for (;;) {
    const token = await tokens.get(id);
    if (token !== undefined) return token;
    if (performance.now() > deadline) {
      throw new CircuitBreakerError(
        'UNAVAILABLE',
        `Token "${id}" was created; storage is slow or away and has not got it yet.`,
      );
    }
    await delay(LOOK_AGAIN_AFTER_MS);
  }
}

const RECORDED_WITHIN_MS = 10_000;
const LOOK_AGAIN_AFTER_MS = 5;

function startOf(input: unknown): TokenStart {
  const start = parseTokenStart(input);
  if (typeof start !== 'string') return start;
  const { data, metadata } = input as { data?: unknown; metadata?: unknown };
  const isTooLarge = tokenTooLarge({
    data: isJsonObject(data) ? data : {},
    metadata: isJsonObject(metadata) ? metadata : {},
  });
  if (isTooLarge !== undefined) throw new CircuitBreakerError('TOKEN_TOO_LARGE', isTooLarge);
  throw validationFailed('The token', [{ code: 'INVALID_VALUE', pointer: '', message: start }]);
}

function idProblems(id: unknown): readonly Problem[] {
  if (id === undefined || id === null || (typeof id === 'string' && isId(id))) return [];
  return [{ code: 'INVALID_VALUE', pointer: '/id', message: ID_RULE }];
}

async function refuseUnknownWorkflow(storage: ApiParts['storage'], start: TokenStart): Promise<void> {
  const stored = await storage.workflows.get(start.workflowId ?? '', start.workflowVersion);
  if (stored === undefined) throw notFound('workflow', start.workflowId ?? '');
  if (start.initialPlace === undefined || stored.definition.places.includes(start.initialPlace)) return;
  const message = `there is no place "${start.initialPlace}" in workflow "${stored.definition.id}"`;
  throw validationFailed('The token', [{ code: 'UNKNOWN_PLACE', pointer: '/initialPlace', message }]);
}
